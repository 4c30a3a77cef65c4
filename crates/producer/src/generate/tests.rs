//! Facts about the posts that dashboards, tests and benchmarks rely on.
#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::*;

const END_MS: i64 = 1_700_000_000_000;

fn texts(profile: Profile, seed: u64, count: u64) -> Vec<String> {
    let mut generator = Generator::new(profile, seed);
    let post = |index| {
        let mut out = Vec::new();
        generator.write_post(Generator::time_of(profile, index, count, END_MS), &mut out);
        String::from_utf8(out).unwrap()
    };
    (0..count).map(post).collect()
}

fn posts(profile: Profile, count: u64) -> Vec<Value> {
    texts(profile, 1, count).iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

fn tags(entities: &Value) -> Vec<String> {
    let tags = entities["hashtags"].as_array().into_iter().flatten();
    tags.map(|tag| tag["text"].as_str().unwrap().to_owned()).collect()
}

/// How many of 100 posts fulfil a condition.
fn percent(posts: &[Value], condition: impl Fn(&Value) -> bool) -> f64 {
    posts.iter().filter(|post| condition(post)).count() as f64 * 100.0 / posts.len() as f64
}

#[test]
fn a_seed_always_makes_the_same_posts_and_another_seed_others() {
    for profile in [Profile::Stream, Profile::Panel] {
        assert_eq!(texts(profile, 7, 500), texts(profile, 7, 500));
        assert_ne!(texts(profile, 7, 5), texts(profile, 8, 5));
    }
}

#[test]
fn posts_have_the_v1_1_shape_with_unique_ids_and_rising_times() {
    for profile in [Profile::Stream, Profile::Panel] {
        let posts = posts(profile, 3_000);
        let mut ids = HashSet::new();
        let mut last_ms = 0;
        for post in &posts {
            assert!(ids.insert(post["id"].as_u64().unwrap()));
            assert_eq!(post["id"].to_string(), post["id_str"].as_str().unwrap());
            let at_ms: i64 = post["timestamp_ms"].as_str().unwrap().parse().unwrap();
            assert!(at_ms >= last_ms);
            last_ms = at_ms;
            assert!(post["created_at"].as_str().unwrap().ends_with(" +0000 2023"));
            assert!(post["user"]["screen_name"].is_string() && post["user"]["followers_count"].is_u64());
            assert!(post["text"].is_string() && post["lang"].is_string());
            assert!(post["entities"]["hashtags"].is_array());
        }
        assert_eq!(last_ms, END_MS);
    }
}

#[test]
fn a_long_post_is_cut_and_its_tags_are_whole_only_in_extended_tweet() {
    let posts = posts(Profile::Stream, 3_000);
    let mut cut_tags = 0;
    for post in
        posts.iter().flat_map(|post| [post, &post["retweeted_status"]]).filter(|post| post.is_object())
    {
        let extended = &post["extended_tweet"];
        assert_eq!(post["truncated"] == true, extended.is_object());
        if post.get("retweeted_status").is_some() {
            continue;
        }
        let (text, whole) = match extended["full_text"].as_str() {
            Some(full) => (full, tags(&extended["entities"])),
            None => (post["text"].as_str().unwrap(), tags(&post["entities"])),
        };
        assert!(post["text"].as_str().unwrap().chars().count() <= 140);
        assert_eq!(extended.is_object(), text.chars().count() > 140);
        let within = tags(&post["entities"]);
        assert!(within.iter().all(|tag| whole.contains(tag)));
        cut_tags += whole.len() - within.len();
        let entities = if extended.is_object() { &extended["entities"] } else { &post["entities"] };
        for tag in entities["hashtags"].as_array().unwrap() {
            let (start, end) = (tag["indices"][0].as_u64().unwrap(), tag["indices"][1].as_u64().unwrap());
            let marked: String = text.chars().skip(start as usize).take((end - start) as usize).collect();
            assert_eq!(marked, format!("#{}", tag["text"].as_str().unwrap()));
        }
    }
    assert!(cut_tags > 100, "{cut_tags}");
}

#[test]
fn the_dashboards_have_something_to_show_after_a_minute_of_50_posts_a_second() {
    let posts = posts(Profile::Stream, 3_000);
    let extended: Vec<Vec<String>> = posts
        .iter()
        .map(|post| tags(&post["extended_tweet"]["entities"]))
        .filter(|tags| !tags.is_empty())
        .collect();
    assert!(extended.len() > 300, "{} posts with tags in extended_tweet", extended.len());
    let mut counts: HashMap<String, usize> = HashMap::new();
    for tag in extended.iter().flatten() {
        *counts.entry(tag.to_lowercase()).or_default() += 1;
    }
    assert!(counts.values().filter(|&&count| count >= 5).count() >= 8, "eight bars of Top Hashtags");
    let with_music = |post: &&Value| tags(&post["entities"]).iter().any(|tag| tag == "music");
    let music: Vec<&Value> = posts.iter().filter(with_music).collect();
    let influencers: HashSet<&str> =
        music.iter().map(|post| post["user"]["screen_name"].as_str().unwrap()).collect();
    let related: HashSet<String> = music.iter().flat_map(|post| tags(&post["entities"])).collect();
    assert!(influencers.len() >= 5 && related.len() >= 8, "{} {}", influencers.len(), related.len());
}

#[test]
fn types_differ_from_post_to_post_and_fields_appear() {
    let posts = posts(Profile::Stream, 12_000);
    let types: HashSet<&str> = posts.iter().map(|post| type_of(&post["favorite_count"])).collect();
    assert_eq!(types, HashSet::from(["integer", "float", "string", "null"]));
    assert!(posts[..5_000].iter().filter(|post| post.get("labels").is_some()).count() <= 1);
    assert!(posts[5_000..].iter().any(|post| post.get("labels").is_some()));
    let mut followers: Vec<u64> =
        posts.iter().map(|post| post["user"]["followers_count"].as_u64().unwrap()).collect();
    followers.sort_unstable();
    assert!((150..400).contains(&followers[6_000]) && followers[11_999] > 20_000);
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::String(_) => "string",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        _ => "other",
    }
}

#[test]
fn the_panel_profile_is_the_data_that_the_engine_was_measured_with() {
    let texts = texts(Profile::Panel, 1, 40_000);
    let mean_bytes = texts.iter().map(String::len).sum::<usize>() / texts.len();
    assert!((850..890).contains(&mean_bytes), "{mean_bytes} bytes");
    let posts: Vec<Value> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert!((43.0..47.0).contains(&percent(&posts, |post| post["extended_tweet"].is_object())));
    let music = percent(&posts, |post| tags(&post["entities"]).iter().any(|tag| tag == "music"));
    assert!((0.9..1.4).contains(&music), "{music} %");
    let mut counts: HashMap<String, usize> = HashMap::new();
    for tag in posts.iter().flat_map(|post| tags(&post["entities"])) {
        *counts.entry(tag).or_default() += 1;
    }
    let uses: usize = counts.values().sum();
    assert!((1.40..1.52).contains(&(uses as f64 / 40_000.0)));
    let rank = counts.values().filter(|&&count| count > counts["music"]).count() + 1;
    assert!((10..=14).contains(&rank), "music is at rank {rank}");
    let generator = Generator::new(Profile::Panel, 1);
    assert_eq!(generator.hashtag(12), "music");
    assert_eq!(counts.iter().max_by_key(|(_, count)| **count).unwrap().0, generator.hashtag(1));
    let mixed: HashSet<&str> = posts.iter().map(|post| type_of(&post["score"])).collect();
    assert_eq!(mixed, HashSet::from(["integer", "float", "string"]));
    let first_ms: i64 = posts[0]["timestamp_ms"].as_str().unwrap().parse().unwrap();
    assert!((PANEL_SPAN_MS - 60_000..=PANEL_SPAN_MS).contains(&(END_MS - first_ms)));
}
