//! What a user is told when something is wrong.

use rockhopper_streams::{ClientErrorKind, ResetPolicy, SourceState};

use crate::fake_stream::FakeStream;
use crate::memory_engine::MemoryEngine;
use crate::simulation::{pass, start};

#[tokio::test(start_paused = true)]
async fn a_stream_that_comes_later_is_read_when_it_comes() {
    let (stream, engine) = (FakeStream::new(1, 2), MemoryEngine::new(1, 0));
    stream.world().exists = false;
    let source = start(&stream, &engine, ResetPolicy::Earliest);
    pass(5_000).await;
    assert_eq!(source.status().state, SourceState::Error);
    assert!(source.status().message.unwrap().contains("NotFound"));
    stream.world().exists = true;
    stream.put();
    pass(20_000).await;
    let status = source.status();
    assert_eq!(
        (status.state, status.message, status.total_processed_items),
        (SourceState::Watching, None, 1)
    );
    assert_eq!(status.lag_ms.len(), 2);
    source.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_created_anew_is_an_error_with_a_remedy_and_stores_nothing() {
    let (stream, engine) = (FakeStream::new(1, 1), MemoryEngine::new(1, 0));
    stream.put();
    engine.set_position("shardId-000000000000", "17/1700000000000");
    let source = start(&stream, &engine, ResetPolicy::Earliest);
    pass(60_000).await;
    assert_eq!(source.status().state, SourceState::Error);
    assert!(source.status().message.unwrap().contains("recreate the collection"));
    assert_eq!(engine.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_sequence_number_that_the_stream_does_not_know_is_an_error_with_a_remedy() {
    for says in [ClientErrorKind::InvalidArgument, ClientErrorKind::NotFound] {
        let (stream, engine) = (FakeStream::new(1, 1), MemoryEngine::new(1, 0));
        stream.world().unknown_sequence = says;
        stream.put();
        let unknown = format!("99{}", "0".repeat(60));
        engine.set_position("shardId-000000000000", &format!("{unknown}/1700000000000"));
        let source = start(&stream, &engine, ResetPolicy::Earliest);
        for _ in 0..40 {
            pass(1_500).await;
            let status = source.status();
            assert_eq!(status.state, SourceState::Error, "{says:?}");
            assert!(status.message.unwrap().contains("recreate the collection"));
        }
        assert_eq!(engine.count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_deleted_while_it_is_read_is_an_error_until_it_is_back() {
    let (stream, engine) = (FakeStream::new(1, 2), MemoryEngine::new(1, 0));
    let source = start(&stream, &engine, ResetPolicy::Earliest);
    stream.put();
    pass(5_000).await;
    stream.world().exists = false;
    pass(15_000).await;
    assert_eq!(source.status().state, SourceState::Error);
    stream.world().exists = true;
    stream.put();
    pass(30_000).await;
    let status = source.status();
    assert_eq!((status.state, status.message, engine.count()), (SourceState::Watching, None, 2));
    source.stop().await;
}

#[tokio::test(start_paused = true)]
async fn records_dropped_by_the_stream_are_a_counted_gap() {
    let (stream, engine) = (FakeStream::new(1, 1), MemoryEngine::new(1, 0));
    let source = start(&stream, &engine, ResetPolicy::Earliest);
    stream.put();
    pass(5_000).await;
    assert_eq!(engine.count(), 1);
    source.stop().await;

    let shard = stream.world().open_shards()[0].clone();
    stream.world().retention_ms = 60_000;
    stream.put();
    pass(100_000).await;
    stream.world().shards.get_mut(&shard).unwrap().first_kept = 2;
    stream.put();
    let source = start(&stream, &engine, ResetPolicy::Earliest);
    pass(5_000).await;
    assert_eq!(engine.count(), 2);
    let status = source.status();
    assert_eq!(status.gaps, 1);
    assert!(status.message.unwrap().contains("may be lost"));
    source.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_shard_dropped_unread_is_a_counted_gap_and_its_children_are_read() {
    let (stream, engine) = (FakeStream::new(1, 1), MemoryEngine::new(1, 0));
    let source = start(&stream, &engine, ResetPolicy::Earliest);
    stream.put();
    pass(5_000).await;
    source.stop().await;

    let shard = stream.world().open_shards()[0].clone();
    stream.put();
    stream.world().split(&shard);
    stream.world().shards.get_mut(&shard).unwrap().first_kept = 2;
    for _ in 0..10 {
        stream.put();
    }
    let source = start(&stream, &engine, ResetPolicy::Earliest);
    pass(10_000).await;
    assert_eq!(engine.count(), 11);
    assert_eq!(source.status().gaps, 1);
    assert!(engine.position("shardId-000000000000").unwrap().starts_with("end/"));
    source.stop().await;
}

#[tokio::test(start_paused = true)]
async fn large_backlogs_are_stored_in_bounded_batches_and_what_is_no_json_is_handed_on() {
    let (stream, engine) = (FakeStream::new(1, 1), MemoryEngine::new(1, 0));
    for _ in 0..500 {
        stream.put();
    }
    let shard = stream.world().open_shards()[0].clone();
    stream.world().shards.get_mut(&shard).unwrap().records[7].data = "no { json".into();
    let source = start(&stream, &engine, ResetPolicy::Earliest);
    pass(60_000).await;
    assert_eq!(engine.count(), 500);
    assert_eq!(engine.stored()[7].1, "no { json");
    source.stop().await;
}

#[tokio::test(start_paused = true)]
async fn records_that_can_be_read_and_not_stored_are_an_error() {
    let (stream, engine) = (FakeStream::new(1, 1), MemoryEngine::new(1, 200));
    stream.put();
    let source = start(&stream, &engine, ResetPolicy::Earliest);
    pass(30_000).await;
    let status = source.status();
    assert_eq!(status.state, SourceState::Error, "{status:?}");
    assert!(status.message.unwrap().contains("the disk is away"));
    // It is tried again ever more slowly, not as fast as the stream can be read.
    assert!(status.retries < 20, "{}", status.retries);
    assert_eq!(engine.count(), 0);
    source.stop().await;
}
