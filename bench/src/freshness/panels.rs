//! Ten panels that are refreshed each second, as Grafana does: all of them at once.

use std::time::{Duration, Instant};

use rockhopper_client::Client;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::error::{Error, Result};
use crate::machine;
use crate::panels::statements::ten_panels;
use crate::runs::Spread;

const REFRESH: Duration = Duration::from_secs(1);
const HASHTAG: &str = "music";

/// What the refreshes took.
#[derive(Debug, Default)]
pub struct Refreshes {
    /// Milliseconds of each panel of each refresh.
    pub panel: Spread,
    /// How many refreshes there were.
    pub count: usize,
}

/// Refreshes until `sent` says that it is over.
///
/// # Errors
/// A panel fails.
pub async fn refresh(client: Client, sent: tokio::sync::watch::Receiver<bool>) -> Result<Refreshes> {
    let mut ticks = tokio::time::interval(REFRESH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut all_ms, mut count) = (Vec::new(), 0);
    while !*sent.borrow() {
        ticks.tick().await;
        let mut panels = JoinSet::new();
        for query in ten_panels(machine::now_ms(), HASHTAG) {
            let client = client.clone();
            panels.spawn(async move {
                let started = Instant::now();
                client.query(&query).await.map(|_| started.elapsed().as_secs_f64() * 1000.0)
            });
        }
        while let Some(ended) = panels.join_next().await {
            all_ms.push(ended.map_err(|error| Error::Process(format!("a panel broke off: {error}")))??);
        }
        count += 1;
    }
    Ok(Refreshes { panel: Spread::new(all_ms), count })
}
