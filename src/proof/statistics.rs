//! Means over independent replications, and how far off they may be by chance.

/// Figures of independent replications, taken one by one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    figures: Vec<f64>,
}

impl Sample {
    /// Adds the figure of one replication; not-a-number says nothing and is left out.
    pub fn add(&mut self, figure: f64) {
        if !figure.is_nan() {
            self.figures.push(figure);
        }
    }

    /// How many replications there are.
    pub fn count(&self) -> usize {
        self.figures.len()
    }

    /// The figures, in the order of the seeds.
    pub fn figures(&self) -> &[f64] {
        &self.figures
    }

    /// The mean over all replications; 0 if there are none.
    pub fn mean(&self) -> f64 {
        self.figures.iter().sum::<f64>() / self.figures.len().max(1) as f64
    }

    /// The standard deviation of one replication, estimated from all of them; 0 if there are fewer than two.
    pub fn deviation(&self) -> f64 {
        if self.figures.len() < 2 {
            return 0.0;
        }
        let mean = self.mean();
        let squares: f64 = self.figures.iter().map(|f| (f - mean) * (f - mean)).sum();
        libm::sqrt(squares / (self.figures.len() - 1) as f64)
    }

    /// Half the width of the 99.9 % confidence interval of the mean.
    ///
    /// `theirs` is the number of runs behind a published mean that ours is compared with: it has an error of its
    /// own, of which all that is known is that one run of it scatters as one of ours. None for a value that is
    /// certain.
    pub fn margin(&self, theirs: Option<u32>) -> f64 {
        let n = self.figures.len();
        if n < 2 {
            return 0.0;
        }
        let variances = 1.0 / n as f64 + theirs.map_or(0.0, |runs| 1.0 / f64::from(runs.max(1)));
        student_t((n - 1) as f64) * self.deviation() * libm::sqrt(variances)
    }
}

/// The two-sided 99.9 % quantile of Student's t distribution, for 4 degrees of freedom or more.
///
/// The expansion around the normal distribution's quantile of Abramowitz and Stegun, "Handbook of Mathematical
/// Functions", 26.7.5; within 1 % of the tables from 5 degrees of freedom on.
pub fn student_t(freedom: f64) -> f64 {
    // The normal distribution's quantile at 0.9995.
    let z: f64 = 3.290_526_731_491_9;
    let power = |n: f64| libm::pow(z, n);
    let g1 = (power(3.0) + z) / 4.0;
    let g2 = (5.0 * power(5.0) + 16.0 * power(3.0) + 3.0 * z) / 96.0;
    let g3 = (3.0 * power(7.0) + 19.0 * power(5.0) + 17.0 * power(3.0) - 15.0 * z) / 384.0;
    let g4 =
        (79.0 * power(9.0) + 776.0 * power(7.0) + 1_482.0 * power(5.0) - 1_920.0 * power(3.0) - 945.0 * z)
            / 92_160.0;
    let v = freedom;
    z + g1 / v + g2 / (v * v) + g3 / (v * v * v) + g4 / (v * v * v * v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_s_quantiles_are_those_of_the_tables() {
        for (freedom, table) in [(9.0, 4.781), (19.0, 3.883), (29.0, 3.659), (99.0, 3.392)] {
            let found = student_t(freedom);
            assert!((found - table).abs() < 0.004, "{freedom} degrees of freedom: {found}, not {table}");
        }
    }

    #[test]
    fn the_margin_follows_from_the_scatter() {
        let mut sample = Sample::default();
        (1..=10).for_each(|n| sample.add(f64::from(n)));
        // The variance of 1 to 10 is 9.1667.
        assert!((sample.mean() - 5.5).abs() < 1e-12);
        assert!((sample.deviation() - 3.027_65).abs() < 1e-4);
        assert!((sample.margin(None) - 4.781 * 3.027_65 / 10f64.sqrt()).abs() < 0.01);
        // A published single run scatters eleven times as much as our mean of ten.
        let ratio = sample.margin(Some(1)) / sample.margin(None);
        assert!((ratio - 11f64.sqrt()).abs() < 1e-9, "{ratio}");
    }
}
