//! Figures of repeated calls.

/// How often a statement is called: once cold, then to warm up, then for the figures.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Calls {
    /// How often each statement runs for the figures
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// How often it runs before that, after the first call
    #[arg(long, default_value_t = 10)]
    pub warm_up: u32,
}

impl Calls {
    /// All calls of a statement.
    pub fn total(self) -> usize {
        1 + self.warm_up as usize + self.runs as usize
    }

    /// The figures of one statement's calls, in the order in which they were made.
    pub fn figures(self, all_ms: &[f64]) -> Figures {
        let first_ms = all_ms.first().copied().unwrap_or_default();
        let warm = Spread::new(all_ms.iter().skip(1 + self.warm_up as usize).copied().collect());
        Figures { median_ms: warm.at(0.5), p99_ms: warm.at(0.99), first_ms }
    }
}

/// What a table shows of one statement in one engine.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// The median of the warm calls.
    pub median_ms: f64,
    /// Of 100 warm calls, 99 were not slower.
    pub p99_ms: f64,
    /// The first call after loading or starting.
    pub first_ms: f64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:.2} / {:.2} / {:.1}", self.median_ms, self.p99_ms, self.first_ms)
    }
}

/// Values, sorted.
#[derive(Debug, Default)]
pub struct Spread(Vec<f64>);

impl Spread {
    /// Sorts the values.
    pub fn new(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        Spread(values)
    }

    /// The smallest value that at least this share of the values does not exceed: 0.5 is the median, 1.0 the largest.
    /// 0 if there are no values.
    pub fn at(&self, share: f64) -> f64 {
        let place = (self.0.len() as f64 * share).ceil() as usize;
        self.0.get(place.saturating_sub(1)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_so_many_do_not_exceed() {
        let hundred = Spread::new((1..=100).rev().map(f64::from).collect());
        assert_eq!([0.01, 0.5, 0.99, 1.0].map(|share| hundred.at(share)), [1.0, 50.0, 99.0, 100.0]);
        assert_eq!(Spread::new(vec![3.0, 1.0, 2.0]).at(0.5), 2.0);
        assert_eq!(Spread::new(vec![4.0]).at(0.99), 4.0);
        assert_eq!(Spread::default().at(0.5), 0.0);
    }

    #[test]
    fn the_first_call_and_the_warm_up_are_not_in_the_median() {
        let calls = Calls { runs: 3, warm_up: 2 };
        let figures = calls.figures(&[90.0, 50.0, 40.0, 3.0, 1.0, 2.0]);
        assert_eq!(calls.total(), 6);
        assert_eq!((figures.first_ms, figures.median_ms, figures.p99_ms), (90.0, 2.0, 3.0));
    }
}
