//! Numbers as text: with a unit, and never rounded until they lie.

use crate::sim::time::{SimDuration, SimTime};

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// A measured duration: milliseconds below 100 ms, else seconds with three digits.
///
/// Below 10 ms two digits follow the point, below 100 ms one, as far as they are not zero.
pub fn duration(duration: SimDuration) -> String {
    let nanos = duration.as_nanos();
    let (grain, digits) = match nanos {
        0 => return "0 ms".to_owned(),
        n if n < MILLISECOND => (MICROSECOND, 3),
        n if n < 10 * MILLISECOND => (10 * MICROSECOND, 2),
        n if n < 100 * MILLISECOND => (100 * MICROSECOND, 1),
        n => return format!("{} s", seconds(n)),
    };
    let grains = rounded(nanos, grain);
    let whole = MILLISECOND / grain;
    if grains >= 100 * whole {
        return format!("{} s", seconds(nanos));
    }
    let fraction = format!("{:0digits$}", grains % whole);
    match fraction.trim_end_matches('0') {
        "" => format!("{} ms", grains / whole),
        fraction => format!("{}.{fraction} ms", grains / whole),
    }
}

/// A configured duration, exactly: `2 s`, `3.5 s`, `250 ms`.
pub fn exact(duration: SimDuration) -> String {
    spaced(&duration.to_string())
}

/// A label such as `query takes 3.5s` with a space between number and unit.
pub fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let unit = word.find(|c: char| c.is_ascii_alphabetic() || c == 'µ').filter(|at| {
            let (number, unit) = word.split_at(*at);
            !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                && matches!(unit.trim_end_matches([',', '.', ';']), "ns" | "us" | "ms" | "s" | "m" | "h")
        });
        match unit {
            Some(at) => {
                out.push_str(&word[..at]);
                out.push(' ');
                out.push_str(&word[at..]);
            }
            None => out.push_str(word),
        }
    }
    out
}

/// A moment as the clock shows it: `3.600`.
pub fn clock(at: SimTime) -> String {
    seconds(at.as_nanos())
}

/// A moment with its unit: `3.600 s`.
pub fn moment(at: SimTime) -> String {
    format!("{} s", clock(at))
}

/// A number for a style property: seconds with microseconds.
pub fn css_seconds(seconds: f64) -> String {
    format!("{seconds:.6}")
}

/// A share in percent for a style property.
pub fn css_percent(share: f64) -> String {
    format!("{share:.2}")
}

/// `1 order`, `2 orders`, `12,000 orders`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(n)) }
}

/// A number with a comma before every three digits from ten thousand on.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn seconds(nanos: u64) -> String {
    let millis = rounded(nanos, MILLISECOND);
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}

fn rounded(nanos: u64, grain: u64) -> u64 {
    nanos.saturating_add(grain / 2) / grain
}

/// A tick of an axis: `2 s`, `0.5 s`, `20 ms`.
pub fn tick(nanos: u64) -> String {
    if nanos != 0 && nanos < SECOND / 10 {
        return exact(SimDuration::from_nanos(nanos));
    }
    let tenths = rounded(nanos, SECOND / 10);
    match tenths % 10 {
        0 => format!("{} s", tenths / 10),
        rest => format!("{}.{rest} s", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_milliseconds_below_a_tenth_of_a_second_and_seconds_above() {
        for (nanos, text) in [
            (0, "0 ms"),
            (300, "0 ms"),
            (500_000, "0.5 ms"),
            (1_500_000, "1.5 ms"),
            (3_482_917, "3.48 ms"),
            (14_000_000, "14 ms"),
            (12_345_678, "12.3 ms"),
            (99_960_000, "0.100 s"),
            (100_000_000, "0.100 s"),
            (2_013_000_000, "2.013 s"),
            (2_000_000_000, "2.000 s"),
            (19_089_000_000, "19.089 s"),
        ] {
            assert_eq!(duration(SimDuration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn configured_durations_are_exact() {
        assert_eq!(exact(SimDuration::from_millis(3_500)), "3.5 s");
        assert_eq!(exact(SimDuration::from_micros(500)), "500 us");
        assert_eq!(
            spaced("query takes 3.5s on average, then 2ms"),
            "query takes 3.5 s on average, then 2 ms"
        );
        assert_eq!(spaced("as 1s2 or s"), "as 1s2 or s");
    }

    #[test]
    fn large_numbers_are_grouped() {
        for (n, text) in [(0, "0"), (9_999, "9999"), (10_000, "10,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(n), text);
        }
    }

    #[test]
    fn the_clock_has_three_digits() {
        assert_eq!(clock(SimTime::from_millis(3_600)), "3.600");
        assert_eq!(tick(2 * SECOND), "2 s");
        assert_eq!(tick(SECOND / 2), "0.5 s");
        assert_eq!(tick(20 * MILLISECOND), "20 ms");
    }
}
