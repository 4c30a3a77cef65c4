//! The stream profile: whole posts, as untidy as real ones.

use super::body::{Body, put, write_tags};
use super::random::Random;
use super::tags::Tags;
use super::user::User;
use super::words::{CLIENTS, LANGUAGE_PERCENTS, LANGUAGES};
use super::{CreatedAt, Draft, Generator};

/// Of 100 posts, so many are longer than 140 characters.
const LONG_PERCENT: usize = 40;
/// Of 100 posts, so many repeat another one.
const RETWEET_PERCENT: usize = 20;
/// A new label, and with it a new field, appears after so many posts, up to [`MAX_LABELS`].
const LABEL_EVERY: u64 = 5_000;
const MAX_LABELS: u64 = 100;

impl Generator {
    pub(super) fn write_stream_post(&mut self, draft: &Draft, out: &mut Vec<u8>) {
        out.push(b'{');
        let random = &mut self.random;
        let user = self.users.draw(random);
        if random.percent(RETWEET_PERCENT) {
            let author = self.users.draw(random);
            let body = stream_body(draft, &self.tags, random);
            let age_ms = 1_000 + random.below(6 * 3_600_000) as i64;
            let original = Draft {
                id: super::snowflake(draft.at_ms - age_ms, draft.ordinal),
                at_ms: draft.at_ms - age_ms,
                ordinal: draft.ordinal,
                tags: Vec::new(),
            };
            let short = Body::write(20, &[], random);
            let prefix = format!("RT @{}: ", author.screen_name);
            write_head(draft, user, &short, &prefix, &mut self.created_at, random, out);
            out.extend_from_slice(b",\"retweeted_status\":{");
            // A clock of its own: the original's second must not push out the stream's.
            write_head(&original, author, &body, "", &mut CreatedAt::default(), random, out);
            write_extended(&body, out);
            write_counts(random, out);
            out.push(b'}');
        } else {
            let body = stream_body(draft, &self.tags, random);
            write_head(draft, user, &body, "", &mut self.created_at, random, out);
            write_extended(&body, out);
        }
        write_counts(random, out);
        write_drifting(draft, random, out);
        put(out, format_args!(",\"timestamp_ms\":\"{}\"}}", draft.at_ms));
    }
}

fn stream_body(draft: &Draft, tags: &Tags, random: &mut Random) -> Body {
    // Posts with more tags are longer.
    let long = random.percent(LONG_PERCENT + 5 * draft.tags.len());
    let target_chars = if long { 145 + random.below(120) } else { 20 + random.below(95) };
    let names: Vec<String> = draft.tags.iter().map(|&tag| spelling(tags.name(tag), random)).collect();
    Body::write(target_chars, &names, random)
}

/// People write a tag in different ways.
fn spelling(tag: &str, random: &mut Random) -> String {
    match random.below(10) {
        0 => tag.to_uppercase(),
        1 | 2 => tag[..1].to_uppercase() + &tag[1..],
        _ => tag.to_owned(),
    }
}

/// Everything up to the entities, without the outer braces.
fn write_head(
    draft: &Draft,
    user: &User,
    body: &Body,
    prefix: &str,
    created_at: &mut CreatedAt,
    random: &mut Random,
    out: &mut Vec<u8>,
) {
    let (id, created_at) = (draft.id, created_at.of(draft.at_ms));
    put(
        out,
        format_args!("\"created_at\":\"{created_at}\",\"id\":{id},\"id_str\":\"{id}\",\"text\":\"{prefix}"),
    );
    let long = body.is_long();
    match long {
        true => put(out, format_args!("{}… https://t.co/{:010x}", body.cut().0, id & 0xff_ffff_ffff)),
        false => out.extend_from_slice(body.text.as_bytes()),
    }
    let reply = random.percent(15).then(|| id.saturating_sub(1_000_000 * (1 + random.below(1_000) as u64)));
    put(out, format_args!("\",\"source\":\"{}\",\"truncated\":{long}", random.pick(CLIENTS)));
    match reply {
        Some(reply) => put(
            out,
            format_args!(",\"in_reply_to_status_id\":{reply},\"in_reply_to_status_id_str\":\"{reply}\""),
        ),
        None => out.extend_from_slice(b",\"in_reply_to_status_id\":null,\"in_reply_to_status_id_str\":null"),
    }
    write_user(user, out);
    out.extend_from_slice(b",\"geo\":null,\"coordinates\":");
    match random.percent(2) {
        true => put(
            out,
            format_args!(
                "{{\"type\":\"Point\",\"coordinates\":[{}.{:06},{}.{:06}]}}",
                random.below(179),
                random.below(1_000_000),
                random.below(80),
                random.below(1_000_000)
            ),
        ),
        false => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"contributors\":null,\"is_quote_status\":false,\"entities\":{\"hashtags\":");
    // Of a long text, only the tags that are left in the cut one.
    match long {
        true => write_tags(body.cut().1, out),
        false => write_tags(body.tags.iter(), out),
    }
    out.extend_from_slice(b",\"urls\":[],\"user_mentions\":[],\"symbols\":[]}");
}

fn write_user(user: &User, out: &mut Vec<u8>) {
    let (id, screen_name) = (user.id, &user.screen_name);
    put(
        out,
        format_args!(
            ",\"user\":{{\"id\":{id},\"id_str\":\"{id}\",\"name\":\"{}\",\"screen_name\":\"{screen_name}\",\
             \"location\":{},\"url\":null,\"description\":\"posts about music, phones and more\",\
             \"translator_type\":\"none\",\"protected\":false,\"verified\":{},\"followers_count\":{},\
             \"friends_count\":{},\"listed_count\":{},\"favourites_count\":{},\"statuses_count\":{},\
             \"created_at\":\"Mon Apr 06 09:12:{:02} +0000 2015\",\"utc_offset\":null,\"time_zone\":null,\
             \"geo_enabled\":true,\"lang\":null,\"profile_background_color\":\"000000\",\
             \"profile_image_url_https\":\"https://pbs.twimg.com/profile_images/{id}/{screen_name}_normal.jpg\",\
             \"default_profile\":{},\"following\":null,\"notifications\":null}}",
            user.name,
            user.location,
            user.verified,
            user.followers,
            user.friends,
            user.followers / 90,
            user.statuses / 2,
            user.statuses,
            id % 60,
            id % 3 == 0,
        ),
    );
}

fn write_extended(body: &Body, out: &mut Vec<u8>) {
    if body.is_long() {
        put(
            out,
            format_args!(
                ",\"extended_tweet\":{{\"full_text\":\"{}\",\"display_text_range\":[0,{}],\"entities\":{{\"hashtags\":",
                body.text, body.chars
            ),
        );
        write_tags(body.tags.iter(), out);
        out.extend_from_slice(b",\"urls\":[],\"user_mentions\":[],\"symbols\":[]}}");
    }
}

fn write_counts(random: &mut Random, out: &mut Vec<u8>) {
    let language = LANGUAGES[random.weighted(LANGUAGE_PERCENTS)];
    put(
        out,
        format_args!(
            ",\"quote_count\":0,\"reply_count\":{},\"retweet_count\":{},\"favorited\":false,\"retweeted\":false,\
             \"filter_level\":\"low\",\"lang\":\"{language}\"",
            random.below(3),
            random.below(8),
        ),
    );
}

/// Fields whose type differs from post to post, that are often missing, or that did not exist when the stream began.
fn write_drifting(draft: &Draft, random: &mut Random, out: &mut Vec<u8>) {
    let count = random.below(500);
    match random.weighted(&[90, 4, 3, 3]) {
        0 => put(out, format_args!(",\"favorite_count\":{count}")),
        1 => put(out, format_args!(",\"favorite_count\":\"{count}\"")),
        2 => put(out, format_args!(",\"favorite_count\":{count}.0")),
        _ => out.extend_from_slice(b",\"favorite_count\":null"),
    }
    match random.below(12) {
        0 => put(
            out,
            format_args!(",\"place\":{{\"country_code\":\"GB\",\"full_name\":\"London\",\"rank\":{count}}}"),
        ),
        1 => out.extend_from_slice(b",\"place\":\"London\""),
        2..6 => out.extend_from_slice(b",\"place\":null"),
        _ => {}
    }
    if random.percent(30) {
        out.extend_from_slice(b",\"possibly_sensitive\":false");
    }
    let labels = (draft.ordinal / LABEL_EVERY).min(MAX_LABELS);
    if labels > 0 && random.percent(10) {
        put(out, format_args!(",\"labels\":{{\"label_{:02}\":{count}}}", random.below(labels as usize)));
    }
}
