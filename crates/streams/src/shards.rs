//! Which shards of a stream are to be read, from where, and in which order. No I/O.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::ShardInfo;
use crate::error::{Error, Result};
use crate::position::{ShardPosition, compare_sequences};

/// A stream with more listed shards is refused.
pub const MAX_SHARDS: usize = 10_000;

/// The partition whose stored position says that the first listing was done. No shard is called so.
const FIRST_LISTING: &str = "@listed";

/// Where a source without stored positions begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetPolicy {
    /// At the oldest record that the stream still has.
    Earliest,
    /// At the moment the source is started for the first time.
    #[default]
    Latest,
}

/// A shard to read, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The shard's id.
    pub shard: Arc<str>,
    /// Where its reading stands.
    pub position: ShardPosition,
}

/// The shards of a stream: what is known of each, and which may be read now.
#[derive(Debug)]
pub struct Shards {
    reset_policy: ResetPolicy,
    first_listing_done: bool,
    shards: BTreeMap<Arc<str>, Shard>,
}

#[derive(Debug, Default)]
struct Shard {
    parents: Vec<Arc<str>>,
    /// What is stored; none: nothing yet.
    position: Option<ShardPosition>,
    listed: bool,
    /// A listing had it: so a parent that is not known is one that the stream dropped, not one still to be found.
    in_listing: bool,
    running: bool,
}

impl Shards {
    /// Takes up what an engine has stored for a source: position by partition.
    pub fn restore(positions: &BTreeMap<Arc<str>, Arc<str>>, reset_policy: ResetPolicy) -> Result<Self> {
        let mut shards = BTreeMap::new();
        for (shard, text) in positions.iter().filter(|(shard, _)| &***shard != FIRST_LISTING) {
            let position = Some(ShardPosition::parse(shard, text)?);
            shards.insert(shard.clone(), Shard { position, ..Shard::default() });
        }
        Ok(Self { reset_policy, first_listing_done: positions.contains_key(FIRST_LISTING), shards })
    }

    /// Takes up a complete listing. Fails, without changing anything, where the listing contradicts what is stored.
    pub fn listed(&mut self, listing: &[ShardInfo]) -> Result<()> {
        if listing.len() > MAX_SHARDS {
            return Err(Error::TooManyShards { count: listing.len(), limit: MAX_SHARDS });
        }
        for info in listing {
            self.check_same(info)?;
        }
        for shard in self.shards.values_mut() {
            shard.listed = false;
        }
        for info in listing {
            self.found(info).in_listing = true;
        }
        // What is neither stored nor listed any more says nothing.
        self.shards.retain(|_, shard| shard.listed || shard.running || shard.position.is_some());
        Ok(())
    }

    /// Takes up a shard that was named at the end of its parent, before a listing has it.
    pub fn child_found(&mut self, info: &ShardInfo) {
        self.found(info);
    }

    /// The positions to store, in this order, before the first shard is started: with them stored, `LATEST` is this
    /// instant for good, and shards found later are read from their beginning. Empty when that is done, or not needed.
    /// Each is to be reported with [`Shards::stored`].
    pub fn first_positions(&self, now_ms: i64) -> Vec<(Arc<str>, String)> {
        if self.first_listing_done || self.reset_policy == ResetPolicy::Earliest {
            return Vec::new();
        }
        let unread = self.shards.iter().filter(|(_, shard)| shard.position.is_none());
        let mut positions: Vec<(Arc<str>, String)> =
            unread.map(|(id, _)| (id.clone(), ShardPosition::At(now_ms).to_string())).collect();
        // Last: a crash before it repeats the first listing.
        positions.push((FIRST_LISTING.into(), now_ms.to_string()));
        positions
    }

    /// The shards that a listing no longer has though they were not read to the end: the stream dropped what was left
    /// of them. To be stored as ended, so that the shards after them are read and the gap is counted once.
    pub fn expired(&self) -> Vec<Start> {
        let gone = |shard: &Shard| !shard.listed && !shard.running;
        self.shards
            .iter()
            .filter(|(_, shard)| gone(shard))
            .filter_map(|(id, shard)| {
                Some((id, shard.position.as_ref().filter(|position| !position.is_ended())?))
            })
            .map(|(id, position)| Start { shard: id.clone(), position: position.clone() })
            .collect()
    }

    /// A position was stored.
    pub fn stored(&mut self, partition: &Arc<str>, position: &str) -> Result<()> {
        if &**partition == FIRST_LISTING {
            self.first_listing_done = true;
            return Ok(());
        }
        let position = ShardPosition::parse(partition, position)?;
        self.shards.entry(partition.clone()).or_default().position = Some(position);
        Ok(())
    }

    /// The shards that may be started now, each with its position: those whose parents, as far as the stream or the
    /// engine still knows them, are stored to the end. They count as running from here on.
    pub fn start_ready(&mut self) -> Vec<Start> {
        let ready: Vec<Arc<str>> = self
            .shards
            .iter()
            .filter(|(_, shard)| shard.listed && !shard.running && !shard.is_ended())
            .filter(|(_, shard)| shard.parents.iter().all(|parent| self.may_follow(parent, shard)))
            .map(|(id, _)| id.clone())
            .collect();
        let mut starts = Vec::with_capacity(ready.len());
        for id in ready {
            if let Some(shard) = self.shards.get_mut(&id) {
                shard.running = true;
                let position = shard.position.clone().unwrap_or(ShardPosition::Oldest);
                starts.push(Start { shard: id, position });
            }
        }
        starts
    }

    /// The reading of a shard is over, for now or for good: the position that is stored.
    pub fn stopped(&mut self, shard: &Arc<str>, position: ShardPosition) {
        if let Some(shard) = self.shards.get_mut(shard) {
            shard.running = false;
            if position != ShardPosition::Oldest {
                shard.position = Some(position);
            }
        }
    }

    fn found(&mut self, info: &ShardInfo) -> &mut Shard {
        let shard = self.shards.entry(info.id.clone()).or_default();
        shard.listed = true;
        shard.parents.clone_from(&info.parents);
        shard
    }

    fn may_follow(&self, parent: &Arc<str>, child: &Shard) -> bool {
        match self.shards.get(parent) {
            Some(parent) => parent.is_ended(),
            None => child.in_listing,
        }
    }

    fn check_same(&self, info: &ShardInfo) -> Result<()> {
        let Some(position) = self.shards.get(&info.id).and_then(|shard| shard.position.as_ref()) else {
            return Ok(());
        };
        let reopened = position.is_ended() && !info.closed;
        let begins_later = match (position.stored(), &info.starting_sequence) {
            (Some(stored), Some(starting)) => compare_sequences(&stored.sequence, starting) == Ordering::Less,
            _ => false,
        };
        if reopened || begins_later {
            return Err(Error::Recreated { shard: info.id.to_string() });
        }
        Ok(())
    }
}

impl Shard {
    fn is_ended(&self) -> bool {
        self.position.as_ref().is_some_and(ShardPosition::is_ended)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn info(id: &str, parents: &[&str]) -> ShardInfo {
        let parents = parents.iter().map(|&parent| parent.into()).collect();
        ShardInfo { id: id.into(), parents, starting_sequence: Some("100".into()), closed: false }
    }

    fn closed(id: &str, parents: &[&str]) -> ShardInfo {
        ShardInfo { closed: true, ..info(id, parents) }
    }

    fn restored(positions: &[(&str, &str)], policy: ResetPolicy) -> Shards {
        let positions = positions.iter().map(|&(shard, text)| (shard.into(), text.into())).collect();
        Shards::restore(&positions, policy).unwrap()
    }

    fn started(shards: &mut Shards) -> Vec<(String, String)> {
        let starts = shards.start_ready().into_iter();
        starts.map(|start| (start.shard.to_string(), start.position.to_string())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(shard, position)| (shard.to_owned(), position.to_owned())).collect()
    }

    #[test]
    fn children_wait_for_every_parent_and_start_at_their_beginning() {
        let mut shards = restored(&[], ResetPolicy::Earliest);
        let listing = [closed("a", &[]), closed("b", &[]), info("merged", &["a", "b"])];
        shards.listed(&listing).unwrap();
        assert_eq!(started(&mut shards), pairs(&[("a", "-"), ("b", "-")]));
        shards.stopped(&"a".into(), ShardPosition::Ended(None));
        shards.listed(&listing).unwrap();
        assert_eq!(started(&mut shards), []);
        shards.stopped(&"b".into(), ShardPosition::Ended(None));
        assert_eq!(started(&mut shards), pairs(&[("merged", "-")]));
    }

    #[test]
    fn a_child_named_before_its_other_parent_is_known_waits_for_a_listing() {
        let mut shards = restored(&[], ResetPolicy::Earliest);
        shards.listed(&[info("a", &[])]).unwrap();
        shards.start_ready();
        shards.stopped(&"a".into(), ShardPosition::Ended(None));
        shards.child_found(&info("merged", &["a", "b"]));
        assert_eq!(started(&mut shards), []);
        shards.listed(&[closed("a", &[]), closed("b", &[]), info("merged", &["a", "b"])]).unwrap();
        assert_eq!(started(&mut shards), pairs(&[("b", "-")]));
    }

    #[test]
    fn latest_is_fixed_once_and_later_shards_start_at_their_beginning() {
        let mut shards = restored(&[], ResetPolicy::Latest);
        shards.listed(&[info("a", &[])]).unwrap();
        let first = shards.first_positions(1_000);
        assert_eq!(first, [("a".into(), "@1000".to_owned()), ("@listed".into(), "1000".to_owned())]);
        for (partition, position) in &first {
            shards.stored(partition, position).unwrap();
        }
        assert_eq!(started(&mut shards), pairs(&[("a", "@1000")]));

        let mut shards = restored(&[("@listed", "1000"), ("a", "@1000")], ResetPolicy::Latest);
        shards.listed(&[closed("a", &[]), info("b", &["a"])]).unwrap();
        assert_eq!(shards.first_positions(2_000), []);
        assert_eq!(started(&mut shards), pairs(&[("a", "@1000")]));
        shards.stopped(&"a".into(), ShardPosition::Ended(None));
        assert_eq!(started(&mut shards), pairs(&[("b", "-")]));
    }

    #[test]
    fn a_crash_while_latest_is_being_fixed_leaves_no_shard_without_it() {
        let mut shards = restored(&[("a", "@1000")], ResetPolicy::Latest);
        shards.listed(&[info("a", &[]), info("b", &[])]).unwrap();
        assert_eq!(
            shards.first_positions(2_000),
            [("b".into(), "@2000".to_owned()), ("@listed".into(), "2000".to_owned())]
        );
    }

    #[test]
    fn a_shard_that_the_stream_dropped_unread_is_reported_and_its_children_are_read() {
        let mut shards = restored(&[("a", "150/5")], ResetPolicy::Earliest);
        shards.listed(&[info("b", &["a"])]).unwrap();
        assert_eq!(started(&mut shards), []);
        let expired = shards.expired();
        assert_eq!(expired.len(), 1);
        shards.stored(&expired[0].shard, &expired[0].position.ended().to_string()).unwrap();
        assert_eq!(shards.expired(), []);
        assert_eq!(started(&mut shards), pairs(&[("b", "-")]));
    }

    #[test]
    fn a_stream_created_anew_is_refused() {
        for position in ["99/5", "end", "end/150/5"] {
            let mut shards = restored(&[("a", position)], ResetPolicy::Earliest);
            let message = shards.listed(&[info("a", &[])]).unwrap_err().to_string();
            assert!(message.contains("recreate the collection"), "{message}");
            assert_eq!(started(&mut shards), []);
        }
        restored(&[("a", "100/5")], ResetPolicy::Earliest).listed(&[info("a", &[])]).unwrap();
    }

    #[test]
    fn one_shard_too_many_is_refused() {
        let mut listing: Vec<ShardInfo> =
            (0..=MAX_SHARDS).map(|number| info(&number.to_string(), &[])).collect();
        let mut shards = restored(&[], ResetPolicy::Earliest);
        assert!(matches!(shards.listed(&listing), Err(Error::TooManyShards { .. })));
        listing.pop();
        shards.listed(&listing).unwrap();
        assert_eq!(shards.start_ready().len(), MAX_SHARDS);
    }
}
