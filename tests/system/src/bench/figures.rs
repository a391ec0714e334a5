//! Rates, ratios and percentiles in whole numbers.

use std::time::Duration;

/// So many of something a second.
pub fn per_second(count: u64, took: Duration) -> u64 {
    let micros = took.as_micros().max(1);
    u64::try_from(u128::from(count) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

/// The middle one.
pub fn median(mut all: Vec<u64>) -> u64 {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// `0.73`
pub fn ratio(ours: u64, control: u64) -> String {
    let hundredths = u128::from(ours) * 100 / u128::from(control.max(1));
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The value that so many of a hundred do not exceed.
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

/// The value that so many of a thousand do not exceed.
pub fn permille(sorted: &[Duration], permille: usize) -> Duration {
    let at = (sorted.len() * permille / 1_000).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

/// `1.234 ms`
pub fn ms(time: Duration) -> String {
    format!("{}.{:03} ms", time.as_millis(), time.as_micros() % 1_000)
}

/// The line that every benchmark ends with.
pub fn last_line(name: &str, value: u64, unit: &str, ratio: &str, of: &str) {
    println!("bench {name}: {value} {unit}, ratio {ratio} of {of}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_what_they_say() {
        assert_eq!(per_second(1_000, Duration::from_millis(500)), 2_000);
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!((ratio(73, 100), ratio(250, 100)), ("0.73".to_owned(), "2.50".to_owned()));
        let sorted: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 99), Duration::from_millis(100));
        assert_eq!(ms(Duration::from_micros(1_234)), "1.234 ms");
    }
}
