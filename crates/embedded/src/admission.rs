//! The queue before the engine: how many queries run, how many wait, and who is next.
//!
//! Each client waits in a line of its own, and the lines are served in turn: a client with two hundred queries does not
//! keep one with a single query waiting for all of them. When the queue is full, the client with the longest line loses
//! the query that came last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot::{Receiver, Sender, channel};

use crate::error::Failure;

/// Lets queries in, one client after another.
#[derive(Debug)]
pub(crate) struct Admission {
    queue: Mutex<Queue>,
    max_running: usize,
    max_waiting: usize,
}

#[derive(Debug, Default)]
struct Queue {
    running: usize,
    /// The clients that wait; the first one is next.
    lines: VecDeque<Line>,
}

/// The queries of one client that wait, oldest first.
#[derive(Debug)]
struct Line {
    client: Arc<str>,
    waiting: VecDeque<Sender<Place>>,
}

/// A place among the queries that run. Dropping it lets the next one in.
#[derive(Debug)]
struct Place(Arc<Admission>);

/// A query that was let in, until it is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    _place: Place,
    /// How long the query waited.
    pub(crate) waited: Duration,
}

impl Admission {
    /// So many may run and so many more wait; at least one runs.
    pub(crate) fn new(max_running: usize, max_waiting: usize) -> Arc<Admission> {
        Arc::new(Admission { queue: Mutex::default(), max_running: max_running.max(1), max_waiting })
    }

    /// Waits for a place. Fails if too many wait and no other client has more of them.
    pub(crate) async fn enter(self: &Arc<Admission>, client: &Arc<str>) -> Result<Admitted, Failure> {
        let start = Instant::now();
        let turn = {
            let mut queue = self.queue();
            if queue.running < self.max_running {
                queue.running += 1;
                drop(queue);
                return Ok(Admitted { _place: Place(Arc::clone(self)), waited: Duration::ZERO });
            }
            queue.wait(client, self.max_waiting)
        };
        // A sender that is dropped has lost its place in line to another client.
        match turn.await {
            Ok(place) => Ok(Admitted { _place: place, waited: start.elapsed() }),
            Err(_) => Err(Failure::limit(
                "the queue of queries",
                format!("{} waiting behind {} running", self.max_waiting, self.max_running),
                "try again in a moment, or refresh dashboards less often",
            )),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Every change is complete before anything can panic.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Puts a query at the end of its client's line. The receiver fails where there is no room for it.
    fn wait(&mut self, client: &Arc<str>, max_waiting: usize) -> Receiver<Place> {
        let (sender, receiver) = channel();
        match self.lines.iter_mut().find(|line| line.client == *client) {
            Some(line) => line.waiting.push_back(sender),
            None => {
                let line = Line { client: Arc::clone(client), waiting: VecDeque::from([sender]) };
                self.lines.push_back(line);
            }
        }
        if self.waiting() > max_waiting {
            self.forget_who_left();
        }
        // Of equally long lines the newcomer's is cut.
        if self.waiting() > max_waiting
            && let Some(longest) =
                self.lines.iter_mut().max_by_key(|line| (line.waiting.len(), line.client == *client))
        {
            longest.waiting.pop_back();
        }
        self.lines.retain(|line| !line.waiting.is_empty());
        receiver
    }

    /// Takes the next query out of the queue; its client goes behind the others.
    fn next(&mut self) -> Option<Sender<Place>> {
        let mut line = self.lines.pop_front()?;
        let sender = line.waiting.pop_front();
        if !line.waiting.is_empty() {
            self.lines.push_back(line);
        }
        sender
    }

    fn waiting(&self) -> usize {
        self.lines.iter().map(|line| line.waiting.len()).sum()
    }

    /// Takes out the queries that nobody waits for any more.
    fn forget_who_left(&mut self) {
        self.lines.iter_mut().for_each(|line| line.waiting.retain(|sender| !sender.is_closed()));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.0.queue();
            queue.forget_who_left();
            queue.lines.retain(|line| !line.waiting.is_empty());
            let next = queue.next();
            if next.is_none() {
                queue.running -= 1;
            }
            next
        };
        if let Some(sender) = next {
            // Where the query left in this moment, the place comes back, is dropped and given on.
            let _ = sender.send(Place(Arc::clone(&self.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::task::Poll;

    use futures::future::BoxFuture;
    use futures::poll;

    use super::*;

    /// A query that is in the queue, or was let in or refused.
    type Query = BoxFuture<'static, Result<Admitted, String>>;

    async fn wait(admission: &Arc<Admission>, client: &str) -> Query {
        let (admission, client) = (Arc::clone(admission), Arc::from(client));
        let mut query: Query =
            Box::pin(async move { admission.enter(&client).await.map_err(|failure| failure.to_string()) });
        if let Poll::Ready(done) = poll!(&mut query) {
            return Box::pin(std::future::ready(done));
        }
        query
    }

    /// The order in which the queries run, one after another.
    async fn order(first: Admitted, mut queries: Vec<(&'static str, Query)>) -> Vec<&'static str> {
        let mut running = Some(first);
        let mut order = Vec::new();
        while !queries.is_empty() {
            drop(running.take());
            for at in 0..queries.len() {
                if let Poll::Ready(admitted) = poll!(&mut queries[at].1) {
                    assert!(running.is_none(), "two run at once");
                    running = Some(admitted.unwrap());
                    order.push(queries.remove(at).0);
                    break;
                }
            }
            assert!(running.is_some(), "nobody was let in");
        }
        order
    }

    #[tokio::test]
    async fn one_too_many_is_refused_and_a_place_is_given_on() {
        let admission = Admission::new(1, 1);
        let first = wait(&admission, "a").await.await.unwrap();
        let second = wait(&admission, "a").await;
        let refused = wait(&admission, "a").await.await.unwrap_err();
        assert!(refused.contains("1 waiting behind 1 running"), "{refused}");
        drop(first);
        assert!(second.await.unwrap().waited > Duration::ZERO);
        assert_eq!(admission.queue().running, 0);
        assert!(wait(&admission, "a").await.await.is_ok());
    }

    #[tokio::test]
    async fn clients_are_served_in_turn() {
        let admission = Admission::new(1, 10);
        let first = wait(&admission, "many").await.await.unwrap();
        let mut queries = Vec::new();
        for client in ["many", "many", "many", "one", "two", "two"] {
            queries.push((client, wait(&admission, client).await));
        }
        assert_eq!(order(first, queries).await, ["many", "one", "two", "many", "two", "many"]);
    }

    #[tokio::test]
    async fn a_full_queue_has_room_for_who_waits_with_fewer() {
        let admission = Admission::new(1, 3);
        let first = wait(&admission, "many").await.await.unwrap();
        let mut many = Vec::new();
        for _ in 0..3 {
            many.push(wait(&admission, "many").await);
        }
        let one = wait(&admission, "one").await;
        assert!(many.pop().unwrap().await.is_err(), "the last of the longest line makes room");
        let two = wait(&admission, "one").await;
        assert!(two.await.is_err(), "a line as long as the others loses its own last");
        let queries = many.into_iter().map(|query| ("many", query)).chain([("one", one)]).collect();
        assert_eq!(order(first, queries).await, ["many", "one", "many"]);
    }

    #[tokio::test]
    async fn who_leaves_the_queue_takes_no_place() {
        let admission = Admission::new(1, 2);
        let first = wait(&admission, "a").await.await.unwrap();
        let (left, stays) = (wait(&admission, "a").await, wait(&admission, "b").await);
        drop(left);
        let newcomer = wait(&admission, "c").await;
        assert_eq!(order(first, vec![("b", stays), ("c", newcomer)]).await, ["b", "c"]);
        assert_eq!(admission.queue().running, 0);
    }
}
