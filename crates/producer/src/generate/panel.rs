//! The panel profile: small posts of the shape and sizes that the engine is measured with.

use super::body::{Body, put, write_tags};
use super::words::{LANGUAGE_PERCENTS, LANGUAGES};
use super::{Draft, Generator};

/// Of 100 posts, so many have `extended_tweet`.
const EXTENDED_PERCENT: usize = 45;

impl Generator {
    pub(super) fn write_panel_post(&mut self, draft: &Draft, out: &mut Vec<u8>) {
        let random = &mut self.random;
        let extended = random.percent(EXTENDED_PERCENT);
        let target_chars = if extended { 95 + random.below(100) } else { 30 + random.below(80) };
        let tags: Vec<String> = draft.tags.iter().map(|&tag| self.tags.name(tag).to_owned()).collect();
        let body = Body::write(target_chars, &tags, random);
        let user = self.users.draw(random);
        let created_at = self.created_at.of(draft.at_ms);
        let (id, at_ms) = (draft.id, draft.at_ms);
        put(
            out,
            format_args!(
                "{{\"created_at\":\"{created_at}\",\"id\":{id},\"id_str\":\"{id}\",\"text\":\"{}\",\
                 \"truncated\":{extended},\"user\":{{\"id\":{},\"id_str\":\"{}\",\"name\":\"{}\",\
                 \"screen_name\":\"{}\",\"location\":{},\"followers_count\":{},\"friends_count\":{},\
                 \"statuses_count\":{},\"verified\":{}}},\"entities\":{{\"hashtags\":",
                body.text,
                user.id,
                user.id,
                user.name,
                user.screen_name,
                user.location,
                user.followers,
                user.friends,
                user.statuses,
                user.verified,
            ),
        );
        // Both lists hold every tag here, so that queries on either have the same work.
        write_tags(body.tags.iter(), out);
        out.extend_from_slice(b",\"urls\":[],\"user_mentions\":[]}");
        if extended {
            put(
                out,
                format_args!(
                    ",\"extended_tweet\":{{\"full_text\":\"{}\",\"entities\":{{\"hashtags\":",
                    body.text
                ),
            );
            write_tags(body.tags.iter(), out);
            out.extend_from_slice(b",\"urls\":[]}}");
        }
        let language = LANGUAGES[random.weighted(LANGUAGE_PERCENTS)];
        let (retweets, favorites) =
            (random.below(50) * random.below(50), random.below(90) * random.below(90));
        put(
            out,
            format_args!(
                ",\"retweet_count\":{retweets},\"favorite_count\":{favorites},\"reply_count\":{},\"lang\":\"{language}\",\
                 \"in_reply_to_status_id\":null,\"is_quote_status\":false,\"score\":",
                random.below(20),
            ),
        );
        let score = random.below(1_000);
        match random.weighted(&[60, 25, 15]) {
            0 => put(out, format_args!("{score}")),
            1 => put(out, format_args!("{}.5", score)),
            _ => put(out, format_args!("\"{score}\"")),
        }
        put(out, format_args!(",\"timestamp_ms\":\"{at_ms}\"}}"));
    }
}
