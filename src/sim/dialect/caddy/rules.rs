//! The rules of Caddy 2.11, each with its source. Files are those of `modules/caddyhttp/reverseproxy`.

use crate::sim::dialect::{Rule, RuleId};

rules! {
    DIAL_FAILED: "dial-error",
        "Caddy answers 502 when no connection to the upstream comes about",
        "reverseproxy.go 2.11, statusError: every error that is no time-out is 502; recordings: caddy tuned refused, unreachable, dns_fail";
    DIAL_TIMEOUT: "dial-timeout",
        "Caddy answers 502, not 504, when the connection does not open in that time",
        "httptransport.go 2.11: `DialError` hides that the error is a time-out; recordings: caddy tuned blackhole, defaults blackhole (3 s)";
    TLS_FAILED: "tls-error",
        "Caddy answers 502 when the TLS handshake with the upstream fails; that is no error of dialling",
        "httptransport.go 2.11: net/http shakes hands after the dialler is done; recordings: caddy tuned tls_plaintext, tls_bad_cert, retry-pool2-alldown tls_bad_cert POST";
    BROKEN: "transport-error",
        "Caddy answers 502 when the connection ends before the head of an answer is complete",
        "reverseproxy.go 2.11, statusError; recordings: caddy tuned accept_close, read_rst, partial_headers";
    INVALID_HEAD: "invalid-head",
        "Caddy answers 502 when the head of the answer is not valid",
        "Go's net/http, readResponse; recordings: caddy tuned garbage, header_nul, conflicting_cl, cl_nonnumeric";
    HEAD_TOO_LARGE: "head-too-large",
        "Caddy answers 502 when the head of the answer is larger than that",
        "Documentation of reverse_proxy, transport http, max_response_header (10 MiB); recordings: caddy tuned header_too_large passes";
    HEADER_TIMEOUT: "response-header-timeout",
        "Caddy answers 504 when the head of the answer is not complete in that time",
        "reverseproxy.go 2.11, statusError: net.Error with Timeout; recordings: caddy tuned freeze, drip_headers";
    STATUS_BELOW_100: "invalid-status",
        "Caddy closes the client's connection without a byte when the upstream's status is below 100",
        "Go's net/http, checkWriteHeaderCode panics; recording: caddy tuned status_042";
    NO_UPSTREAMS: "no-upstreams",
        "Caddy answers 503 when no upstream is available",
        "reverseproxy.go 2.11, proxyLoopIteration: errNoUpstream only where there is no other error; recordings: caddy passive-pool2-alldown refused, sequence passive_single_kill";
    EARLIER_ERROR: "earlier-error",
        "Caddy answers as the try before failed, since no upstream is available now",
        "reverseproxy.go 2.11, proxyLoopIteration: the error of the try before is kept";
    FULL: "upstreams-full",
        "Caddy answers 503 when every upstream has as many requests under way as it may",
        "hosts.go 2.11, Upstream.Available: a full one is not available; documentation of unhealthy_request_count";
    WAITS_FOR_UPSTREAM: "waits-for-upstream",
        "Caddy looks again later whether an upstream is available",
        "reverseproxy.go 2.11, tryAgain: errNoUpstream is always tried again; documentation of lb_try_duration";
    RETRY_DIAL: "retry-dial",
        "Caddy tries again, since nothing was sent yet",
        "reverseproxy.go 2.11, tryAgain: a DialError is safe to repeat; recordings: caddy retry refused, retry-pool2-alldown refused POST (nine tries in two seconds)";
    RETRY: "retry",
        "Caddy tries again after this failure",
        "reverseproxy.go 2.11, tryAgain; documentation of lb_retry_match: GET by default; recordings: caddy retry accept_close GET, retry-pool2-alldown header_no_colon GET";
    RETRY_STATUS: "retry-status",
        "Caddy drops this answer and tries again",
        "reverseproxy.go 2.11, retryableResponseError; documentation of lb_retry_match with {rp.status_code}";
    REPLAY: "replay",
        "Caddy sends the request again when the kept connection ended before the first byte of an answer",
        "Go's net/http, persistConn.shouldRetryRequest; recordings: caddy tuned keepalive_race_fin, keepalive_race_rst";
    NO_RETRIES: "no-retries",
        "Caddy tries again only with `lb_try_duration` or `lb_retries`",
        "Documentation of lb_retries and lb_try_duration, both off by default; recordings: caddy pool2 refused, read_close";
    TIME_IS_UP: "try-duration-over",
        "Caddy tries no more once that time is over",
        "Documentation of lb_try_duration; recordings: caddy retry freeze, retry-pool2-alldown blackhole";
    RETRIES_USED: "retries-used",
        "Caddy has no retry left",
        "Documentation of lb_retries";
    NOT_GET: "not-get",
        "Caddy repeats only GET once it was connected, unless `lb_retry_match` says otherwise",
        "reverseproxy.go 2.11, tryAgain; recordings: caddy retry-pool2-alldown read_close POST, tls_plaintext POST";
    NOT_MATCHED: "not-matched",
        "Caddy does not repeat what `lb_retry_match` does not match",
        "Documentation of lb_retry_match";
    BODY_WAS_READ: "body-was-read",
        "Caddy cannot send a body again that it has sent already",
        "reverseproxy.go 2.11, bodyNopCloserIfNotRead; documentation of request_buffers, off by default";
    CUT_SHORT: "incomplete-response",
        "Caddy has accepted the status already, so it can only pass on what there is and close the client's connection",
        "reverseproxy.go 2.11, finalizeResponse: \"aborting with incomplete response\"; recordings: caddy tuned body_truncated_fin, bad_chunk_size, chunked_truncated";
    MAINTENANCE: "respond",
        "Caddy answers 503 by `respond` without asking an upstream",
        "Documentation of respond; staticresp.go 2.11; the configuration caddy maintenance";
    BODY_TOO_LARGE: "max-size",
        "Caddy answers 413 when the body of a request is larger than that",
        "Documentation of request_body, max_size, off by default; modules/caddyhttp/requestbody/requestbody.go 2.11, errorWrapper: the error of http.MaxBytesReader becomes 413, which statusError of reverseproxy.go leaves";
    BAD_TARGET: "bad-request",
        "Caddy answers 400 and closes the connection when an escape in the target of a request is none; dots are passed on",
        "Go's net/http, conn.serve, and net/url, ParseRequestURI, before Caddy sees the request";
}
