//! How an answer is drawn: shape is what the client got, hatching says that a timer decided.

/// The kind of answer; each has a shape and a colour of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Below 400.
    Ok,
    /// 400 to 499.
    Client,
    /// 500 and every 5xx without a shape of its own.
    Server,
    /// 502.
    BadGateway,
    /// 503.
    Unavailable,
    /// 504.
    GatewayTimeout,
    /// No answer at all.
    None,
}

/// An answer's mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What the client got.
    pub kind: Kind,
    /// True if a timer decided.
    pub timer: bool,
}

impl Mark {
    /// The mark of an answer with this status; of no answer without one.
    pub const fn of(status: Option<u16>, timer: bool) -> Self {
        let kind = match status {
            None => Kind::None,
            Some(502) => Kind::BadGateway,
            Some(503) => Kind::Unavailable,
            Some(504) => Kind::GatewayTimeout,
            Some(400..=499) => Kind::Client,
            Some(500..) => Kind::Server,
            Some(_) => Kind::Ok,
        };
        Self { kind, timer }
    }

    /// Good news.
    pub const OK: Self = Self::of(Some(200), false);
    /// No answer.
    pub const NONE: Self = Self::of(None, false);

    /// The class that carries the colours.
    pub const fn class(self) -> &'static str {
        match self.kind {
            Kind::Ok => "s-ok",
            Kind::Client => "s-4xx",
            Kind::Server => "s-500",
            Kind::BadGateway => "s-502",
            Kind::Unavailable => "s-503",
            Kind::GatewayTimeout => "s-504",
            Kind::None => "s-none",
        }
    }

    /// The symbol of the sprite.
    pub const fn symbol(self) -> &'static str {
        match (self.kind, self.timer) {
            (Kind::Ok, _) => "#o-ok",
            (Kind::Client, _) => "#o-4xx",
            (Kind::GatewayTimeout, _) => "#o-504",
            (Kind::None, _) => "#o-none",
            (_, true) => "#o-5xxh",
            (_, false) => "#o-5xx",
        }
    }

    /// True if bars of this answer are hatched.
    pub const fn hatched(self) -> bool {
        self.timer || matches!(self.kind, Kind::GatewayTimeout)
    }

    /// True for what a client calls success.
    pub const fn good(self) -> bool {
        matches!(self.kind, Kind::Ok)
    }
}

/// The number beside the mark, or the words that take its place.
pub fn label(status: Option<u16>) -> String {
    status.map_or_else(|| "no answer".to_owned(), |s| s.to_string())
}

/// A word for those who do not see the mark; empty where the number stands beside it anyway.
pub const fn word(mark: Mark) -> &'static str {
    match mark.kind {
        Kind::None => "no answer",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_shape_and_a_timer_hatches_it() {
        for (status, timer, class, symbol) in [
            (Some(201), false, "s-ok", "#o-ok"),
            (Some(429), false, "s-4xx", "#o-4xx"),
            (Some(500), false, "s-500", "#o-5xx"),
            (Some(501), false, "s-500", "#o-5xx"),
            (Some(502), true, "s-502", "#o-5xxh"),
            (Some(503), false, "s-503", "#o-5xx"),
            (Some(504), true, "s-504", "#o-504"),
            (None, true, "s-none", "#o-none"),
        ] {
            let mark = Mark::of(status, timer);
            assert_eq!((mark.class(), mark.symbol()), (class, symbol), "{status:?}");
        }
    }
}
