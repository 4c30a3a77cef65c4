//! Crashes and damage.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use rockhopper_engine::{Batch, Error};
use rockhopper_storage::Store;
use tempfile::TempDir;

use crate::support::*;

/// A copy of a data directory, as a crash leaves it.
fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    fs::create_dir(to.path().join("tweets")).unwrap();
    for file in files(from, "").iter().filter(|file| file.is_file()) {
        fs::copy(file, to.path().join("tweets").join(file.file_name().unwrap())).unwrap();
    }
    to
}

/// The files of the collection whose names begin so, by name.
fn files(directory: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory.join("tweets")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix));
    files.sort();
    files
}

/// Rows and position after a start on the directory.
fn state(directory: &Path) -> Result<(usize, String), Error> {
    let store = Store::open(directory, quiet())?;
    let collection = store.collection(&id()).unwrap();
    let at = collection.positions("kinesis").get("s").map_or_else(String::new, |at| at.to_string());
    Ok((collection.snapshot().rows(), at))
}

fn append(fixture: &Fixture, n: usize) {
    let rows: Vec<String> =
        (0..n).map(|row| format!(r#"{{"batch":{n},"row":{row},"tags":["a"]}}"#)).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    fixture.collection.append(Batch { position: position("s", &n.to_string()), ..batch(&rows) }).unwrap();
}

#[test]
fn rows_and_position_are_stored_together_or_not_at_all() {
    let fixture = fixture();
    append(&fixture, 1);
    append(&fixture, 2);
    let log = files(fixture.directory.path(), "log-").pop().unwrap();
    let before = fs::metadata(&log).unwrap().len();
    append(&fixture, 3);
    let after = fs::metadata(&log).unwrap().len();
    let whole = copy(fixture.directory.path());
    assert_eq!(state(whole.path()).unwrap(), (6, "3".to_owned()));
    // Every place in the last frame at which a crash may cut it; past its text only some, each start takes its time.
    for len in (before..after)
        .filter(|len| len - before < 300 || (len - before).is_multiple_of(37) || after - len < 70)
    {
        let crashed = copy(fixture.directory.path());
        let log = files(crashed.path(), "log-").pop().unwrap();
        fs::File::options().write(true).open(&log).unwrap().set_len(len).unwrap();
        assert_eq!(state(crashed.path()).unwrap(), (3, "2".to_owned()), "cut at {len}");
        assert_eq!(state(crashed.path()).unwrap(), (3, "2".to_owned()), "a second start, cut at {len}");
    }
}

#[test]
fn a_collection_goes_on_after_its_torn_end_was_cut() {
    let fixture = fixture();
    append(&fixture, 1);
    append(&fixture, 2);
    let crashed = copy(fixture.directory.path());
    let log = files(crashed.path(), "log-").pop().unwrap();
    let len = fs::metadata(&log).unwrap().len();
    fs::File::options().write(true).open(&log).unwrap().set_len(len - 1).unwrap();
    for _ in 0..3 {
        let store = Store::open(crashed.path(), quiet()).unwrap();
        let collection = store.collection(&id()).unwrap();
        collection.append(Batch { position: position("s", "again"), ..batch(&["{}"]) }).unwrap();
    }
    assert_eq!(state(crashed.path()).unwrap(), (4, "again".to_owned()));
}

#[test]
fn a_copy_at_any_moment_of_sealing_holds_everything() {
    let fixture = fixture();
    append(&fixture, 1);
    append(&fixture, 2);
    let logs = copy(fixture.directory.path());
    fixture.collection.seal().unwrap();
    let sealed = copy(fixture.directory.path());
    assert!(files(sealed.path(), "log-").iter().all(|log| fs::metadata(log).unwrap().len() == 0));
    assert_eq!(state(sealed.path()).unwrap(), (3, "2".to_owned()));
    // The segment is written, the manifest is not yet.
    let between = copy(logs.path());
    let segment = &files(sealed.path(), "segment-")[0];
    fs::copy(segment, between.path().join("tweets").join(segment.file_name().unwrap())).unwrap();
    fs::write(between.path().join("tweets/MANIFEST.json.tmp"), "half").unwrap();
    assert_eq!(state(between.path()).unwrap(), (3, "2".to_owned()));
    assert!(files(between.path(), "segment-").is_empty(), "what no manifest names is deleted");
    // The manifest is written, the log is not yet deleted.
    let late = copy(sealed.path());
    for log in files(logs.path(), "log-") {
        fs::copy(&log, late.path().join("tweets").join(log.file_name().unwrap())).unwrap();
    }
    assert_eq!(state(late.path()).unwrap(), (3, "2".to_owned()));
}

/// The message of the refusal to open, which must name the file.
#[track_caller]
fn refused(directory: &Path, file: &Path) -> String {
    match state(directory) {
        Err(Error::Damaged { path, what, remedy }) => {
            assert_eq!(path, file);
            assert!(!remedy.is_empty());
            what
        }
        other => panic!("{other:?}"),
    }
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 4;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_flipped_bit_in_the_middle_of_a_log_is_found() {
    let fixture = fixture();
    append(&fixture, 1);
    let log = files(fixture.directory.path(), "log-").pop().unwrap();
    let first = fs::metadata(&log).unwrap().len() as usize;
    append(&fixture, 2);
    let len = fs::metadata(&log).unwrap().len() as usize;
    for at in (0..first).step_by(53) {
        let damaged = copy(fixture.directory.path());
        let log = files(damaged.path(), "log-").pop().unwrap();
        flip(&log, at);
        refused(damaged.path(), &log);
    }
    // In the last frame it looks like one that a crash left half-written.
    let torn = copy(fixture.directory.path());
    flip(&files(torn.path(), "log-").pop().unwrap(), len - 100);
    assert_eq!(state(torn.path()).unwrap(), (1, "1".to_owned()));
}

#[test]
fn a_missing_log_is_found() {
    let fixture = fixture();
    append(&fixture, 1);
    let fixture = fixture.reopen();
    append(&fixture, 2);
    let logs = files(fixture.directory.path(), "log-");
    assert_eq!(logs.len(), 2);
    let damaged = copy(fixture.directory.path());
    let logs = files(damaged.path(), "log-");
    fs::remove_file(&logs[0]).unwrap();
    assert!(refused(damaged.path(), &logs[1]).contains("commit 2 follows where commit 1 must"));
}

#[test]
fn a_damaged_or_missing_manifest_is_found() {
    let fixture = fixture();
    append(&fixture, 3);
    fixture.collection.seal().unwrap();
    let len = fs::metadata(fixture.directory.path().join("tweets/MANIFEST.json")).unwrap().len() as usize;
    for at in (0..len).step_by(7) {
        let damaged = copy(fixture.directory.path());
        let manifest = damaged.path().join("tweets/MANIFEST.json");
        flip(&manifest, at);
        refused(damaged.path(), &manifest);
    }
    let damaged = copy(fixture.directory.path());
    let manifest = damaged.path().join("tweets/MANIFEST.json");
    fs::remove_file(&manifest).unwrap();
    assert!(refused(damaged.path(), &manifest).contains("missing"));
}

#[test]
fn a_segment_that_cannot_be_written_is_an_error_and_loses_nothing() {
    let fixture = fixture();
    append(&fixture, 3);
    // Whoever runs the test may write anywhere, so a folder stands where the file must be.
    let blocked = fixture.directory.path().join("tweets/segment-00000000000000000001.tmp");
    fs::create_dir(&blocked).unwrap();
    for _ in 0..2 {
        match fixture.collection.seal() {
            Err(Error::Io { action: "create", path, remedy, .. }) => {
                assert_eq!(path, blocked);
                assert!(remedy.contains("permissions"));
            }
            other => panic!("{other:?}"),
        }
        append(&fixture, 2);
    }
    assert_eq!(fixture.snapshot().rows(), 7);
    let crashed = copy(fixture.directory.path());
    assert_eq!(state(crashed.path()).unwrap(), (7, "2".to_owned()));
    fs::remove_dir(&blocked).unwrap();
    fixture.collection.seal().unwrap();
    assert_eq!((fixture.snapshot().rows(), fixture.snapshot().pieces.len()), (7, 1));
    assert_eq!(fixture.reopen().snapshot().rows(), 7);
}

#[test]
fn a_full_disk_is_an_error_and_over_when_there_is_room() {
    // Files that may not grow are to the store what a full disk is. The limit is that of a process, so the test runs in
    // one of its own.
    let test = std::env::current_exe().unwrap();
    let script = format!(
        "ulimit -S -f 1000 && trap '' XFSZ && exec {} --ignored --exact crashes::on_a_full_disk",
        test.display()
    );
    let run = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

#[test]
#[ignore = "run by a_full_disk_is_an_error_and_over_when_there_is_room, under a limit of the size of files"]
fn on_a_full_disk() {
    let fixture = fixture();
    let mut rows = 0;
    let error = loop {
        let documents: Vec<String> =
            (0..100).map(|n| format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(200 + rows + n))).collect();
        let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
        match fixture.collection.append(batch(&documents)) {
            Ok(_) => rows += documents.len(),
            Err(error) => break error,
        }
        assert!(rows < 100_000, "the disk never gets full");
    };
    let log = files(fixture.directory.path(), "log-").pop().unwrap();
    assert!(matches!(&error, Error::Io { action: "write", path, .. } if *path == log), "{error}");
    assert_eq!(fixture.snapshot().rows(), rows);
    fixture.append(&["{}"]);
    let pid = std::process::id().to_string();
    let room = std::process::Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status();
    assert!(room.unwrap().success());
    fixture.append(&[&format!(r#"{{"text":"{}"}}"#, "y".repeat(1_000_000))]);
    assert_eq!(fixture.snapshot().rows(), rows + 2);
    assert_eq!(fixture.reopen().snapshot().rows(), rows + 2);
}
