//! The POST door: 20 MB/s, whatever the answers take.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::JoinSet;

use super::schedule::{self, Scheduled};
use super::watch::Outstanding;
use crate::error::{Error, Result};
use crate::runs::Spread;
use crate::server::Api;

/// Bytes a second, and how they are cut into requests.
pub const BYTES_PER_S: u64 = 20_000_000;
pub const INTERVAL: Duration = Duration::from_millis(20);
const BODY_BYTES: usize = (BYTES_PER_S * INTERVAL.as_millis() as u64 / 1000) as usize;
/// The body is handed over in pieces of this size.
const PIECE_BYTES: usize = 64 << 10;

/// Sends for some time; how many documents, and the milliseconds from each request's schedule to its answer.
///
/// # Errors
/// The server refuses a request.
pub async fn send(api: &Api, seconds: u64, outstanding: &Outstanding) -> Result<(u64, Spread)> {
    let batches = seconds * 1000 / INTERVAL.as_millis() as u64;
    let mut schedule = schedule::start(batches, INTERVAL, |_, bytes| bytes >= BODY_BYTES);
    let mut requests: JoinSet<Result<f64>> = JoinSet::new();
    let (mut documents, mut all_ms) = (0, Vec::new());
    while let Some(Scheduled { batch, documents: these, at }) = schedule.recv().await {
        tokio::time::sleep_until(at.into()).await;
        documents += these.len() as u64;
        outstanding.send(batch, these.len() as u64, at);
        let (api, outstanding) = (api.clone(), outstanding.clone());
        requests.spawn(async move {
            let body = [b"{\"data\":[", &*these.join(&b','), b"]}"].concat();
            let body = Watched { left: body.into(), batch, outstanding };
            api.post("/ws/commons/collections/tweets/docs", reqwest::Body::wrap(body)).await?;
            Ok(at.elapsed().as_secs_f64() * 1000.0)
        });
        while let Some(ended) = requests.try_join_next() {
            all_ms.push(ended.map_err(broke_off)??);
        }
    }
    while let Some(ended) = requests.join_next().await {
        all_ms.push(ended.map_err(broke_off)??);
    }
    Ok((documents, Spread::new(all_ms)))
}

fn broke_off(error: tokio::task::JoinError) -> Error {
    Error::Process(format!("a request broke off: {error}"))
}

/// A body that notes when its last piece is handed to the connection: the nearest that a client comes to seeing that its
/// request was taken in.
struct Watched {
    left: Bytes,
    batch: u64,
    outstanding: Outstanding,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Self::Error>>> {
        let piece = PIECE_BYTES.min(self.left.len());
        if piece == 0 {
            return Poll::Ready(None);
        }
        let piece = self.left.split_to(piece);
        if self.left.is_empty() {
            self.outstanding.accept(self.batch, Instant::now());
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
