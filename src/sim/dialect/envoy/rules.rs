//! The rules of Envoy 1.40.0, each with its source.

use crate::sim::dialect::{Rule, RuleId};

rules! {
    CONNECT_FAILED: "remote-connection-failure",
        "Envoy answers 503 when no connection to the upstream comes about",
        "source/common/router/router.cc 1.40.0, streamResetReasonToResponseFlag (UF); recordings: envoy tuned refused, unreachable, tls_plaintext, tls_bad_cert";
    CONNECT_TIMEOUT: "connection-timeout",
        "Envoy answers 503, not 504, when the connection does not open in that time",
        "Documentation of Cluster.connect_timeout (5 s); recordings: envoy tuned blackhole, defaults blackhole";
    CONNECTION_ENDED: "connection-termination",
        "Envoy answers 503 when the connection ends before the first byte of an answer",
        "source/common/router/router.cc 1.40.0, UpstreamConnectionTermination (UC); recordings: envoy tuned accept_close, read_close, read_rst, keepalive_race_fin";
    PROTOCOL_ERROR: "protocol-error",
        "Envoy answers 502 when what comes is not a valid answer, or breaks off within its head",
        "source/common/router/router.cc 1.40.0, UpstreamProtocolError (UPE); recordings: envoy tuned garbage, http09, header_nul, conflicting_cl, partial_headers";
    HEAD_TOO_LARGE: "headers-too-large",
        "Envoy answers 502 when the head of the answer has more kilobytes than that",
        "Documentation of HttpProtocolOptions.max_response_headers_kb (60); recordings: envoy tuned header_20k, header_too_large";
    HEADER_COUNT: "too-many-headers",
        "Envoy answers 502 when an answer has more than 100 headers",
        "Documentation of HttpProtocolOptions.max_headers_count (100); recording: envoy tuned many_headers";
    ROUTE_TIMEOUT: "route-timeout",
        "Envoy answers 504 when the whole answer, all tries included, is not there in that time",
        "Documentation of RouteAction.timeout (15 s, from the end of the request to the end of the answer); recordings: envoy tuned freeze, drip_headers, retry blackhole";
    TRY_TIMEOUT: "per-try-timeout",
        "Envoy answers 504 when a try has no head of an answer in that time",
        "Documentation of RetryPolicy.per_try_timeout";
    STREAM_IDLE: "stream-idle-timeout",
        "Envoy answers 504 when nothing moves on the stream for that time",
        "Documentation of HttpConnectionManager.stream_idle_timeout (5 min)";
    NO_HEALTHY_UPSTREAM: "no-healthy-upstream",
        "Envoy answers 503 at once when no host of the cluster may be asked",
        "source/common/router/router.cc 1.40.0, sendNoHealthyUpstreamResponse (UH); recordings: envoy retry dns_fail, sequence health_check_kill1";
    OVERFLOW: "overflow",
        "Envoy answers 503 with `x-envoy-overloaded` when the cluster's circuit breaker has no place left",
        "Documentation of CircuitBreakers.Thresholds; recording: envoy sequence circuit_max_requests";
    RATE_LIMITED: "local-ratelimit",
        "Envoy answers 429 without Retry-After when the token bucket is empty",
        "Documentation of LocalRateLimit; recording: envoy sequence local_ratelimit";
    RETRY: "retry-on",
        "Envoy tries again, since this failure is named",
        "Documentation of x-envoy-retry-on; recordings: envoy retry refused, read_rst, header_nul; POST is repeated like GET";
    RETRY_STATUS: "retry-on-status",
        "Envoy drops this answer with its connection and tries again",
        "source/common/router/router.cc 1.40.0, onUpstreamHeaders: a retry resets the stream; recordings: envoy retry own_503, own_501";
    NOT_NAMED: "not-retried",
        "Envoy does not try again, since this failure is not named",
        "Documentation of x-envoy-retry-on, no default; recordings: envoy pool2 refused, read_close";
    RETRIES_USED: "retries-used",
        "Envoy has no retry left",
        "Documentation of RetryPolicy.num_retries; recordings: envoy retry refused, read_rst: three tries";
    TIME_IS_UP: "timeout-covers-tries",
        "Envoy never tries again once the time for the whole request is up",
        "Documentation of RouteAction.timeout: includes all retries; recordings: envoy retry freeze, retry blackhole";
    CUT_SHORT: "response-started",
        "Envoy has sent the status already, so it can only close the client's connection, a second later",
        "source/common/http/conn_manager_impl.cc 1.40.0, doEndStream, with delayed_close_timeout 1 s; recordings: envoy tuned body_truncated_fin, bad_chunk_size";
    CUT_BY_TIMEOUT: "timeout-in-body",
        "Envoy cuts off an answer that is not complete in that time, and closes the client's connection a second later",
        "Documentation of RouteAction.timeout and delayed_close_timeout; recordings: envoy tuned slow_body_under, headers_then_stall";
    MAINTENANCE: "direct-response",
        "Envoy answers 503 by `direct_response` without asking an upstream",
        "Documentation of DirectResponseAction; recording: envoy maintenance";
    BODY_TOO_LARGE: "request-payload-too-large",
        "Envoy answers 413 and closes the connection when the buffer filter has gathered more of a request's body than that",
        "Documentation of the buffer filter, max_request_bytes, no default; source/common/http/filter_manager.cc 1.40.0, ActiveStreamDecoderFilter::requestDataTooLarge";
}
