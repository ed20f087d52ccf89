//! What a gateway keeps of answers.

use super::group;
use crate::sim::time::SimDuration;

group! {
    /// A store of answers to GET, by path. `Cache-Control` of origins is not read; these settings alone hold.
    Cache,
    /// A store of answers to GET, by path.
    CacheRule,
    {
        /// How long an answer is fresh; 0 switches the store off; at most 24 h.
        ttl: SimDuration,
        /// How long after that it may be given out while a new one is fetched (Varnish `grace`, nginx
        /// `proxy_cache_use_stale updating` with `proxy_cache_background_update`; RFC 5861 §3); 0 to 24 h.
        stale_while_revalidate: SimDuration,
        /// How long after that it may be given out when no new one is to be had (nginx `proxy_cache_use_stale error
        /// timeout`; RFC 5861 §4); 0 to 24 h.
        stale_if_error: SimDuration,
        /// Whether an answer 500, 502, 503 or 504 of an upstream counts as none to be had (RFC 5861 §4).
        error_statuses: bool,
        /// The statuses that are stored; at most 100.
        statuses: Vec<u16>,
        /// Whether requests for what is being fetched already wait for that (Varnish's waiting list, nginx `proxy_cache_lock`).
        coalesce: bool,
    }
}
