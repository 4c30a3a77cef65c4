//! How a go-plugin back end is started: a cookie in the environment, one line on standard output, a unix socket.
//!
//! The protocol is hashicorp/go-plugin's, core version 1; Grafana's application version is 2.

use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;
use tonic::transport::server::Router;

use crate::error::Error;

const COOKIE_KEY: &str = "grafana_plugin_type";
const COOKIE_VALUE: &str = "datasource";
const CORE_VERSION: u32 = 1;
const GRAFANA_VERSION: u32 = 2;

/// Whether Grafana started this process. The error is a hint for whoever did instead.
pub fn check_cookie() -> Result<(), &'static str> {
    match std::env::var(COOKIE_KEY) {
        Ok(value) if value == COOKIE_VALUE => Ok(()),
        _ => Err(
            "This is the back end of a Grafana data source. Grafana starts it by itself: put the plugin's \
                  folder into Grafana's plugins folder and allow the plugin `rockset-datasource` to be loaded \
                  unsigned (see README.md).",
        ),
    }
}

/// A unix socket in a folder that only this user may enter; both are removed when it is dropped.
pub struct Listener {
    listener: UnixListener,
    folder: PathBuf,
}

impl Listener {
    /// Opens the socket, in `PLUGIN_UNIX_SOCKET_DIR` where Grafana names a folder.
    pub fn bind() -> Result<Listener, Error> {
        let parent = std::env::var_os("PLUGIN_UNIX_SOCKET_DIR")
            .filter(|value| !value.is_empty())
            .map_or_else(std::env::temp_dir, PathBuf::from);
        let folder = private_folder(&parent)?;
        let path = folder.join("plugin.sock");
        let listener = UnixListener::bind(&path).map_err(|source| Error::Socket { path, source })?;
        Ok(Listener { listener, folder })
    }

    /// Writes the line that Grafana waits for.
    pub fn announce(&self) -> Result<(), Error> {
        let path = self.path();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{CORE_VERSION}|{GRAFANA_VERSION}|unix|{}|grpc", path.display())
            .and_then(|()| out.flush())
            .map_err(Error::Announce)
    }

    /// Serves until `stopped` is ready and running requests have ended.
    pub async fn serve(self, router: Router, stopped: impl Future<Output = ()>) -> Result<(), Error> {
        let incoming = async_stream::stream! {
            loop {
                yield self.listener.accept().await.map(|(stream, _)| stream);
            }
        };
        let result = router.serve_with_incoming_shutdown(incoming, stopped).await;
        // Ours alone: made by `bind` under a name nobody else uses.
        let _ = std::fs::remove_dir_all(&self.folder);
        result.map_err(Error::Serve)
    }

    fn path(&self) -> PathBuf {
        self.folder.join("plugin.sock")
    }
}

fn private_folder(parent: &Path) -> Result<PathBuf, Error> {
    use std::os::unix::fs::DirBuilderExt;
    let nanos = std::time::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.subsec_nanos());
    let folder = parent.join(format!("rockset-plugin-{}-{nanos}", std::process::id()));
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(|source| Error::Socket { path: folder.clone(), source })?;
    Ok(folder)
}
