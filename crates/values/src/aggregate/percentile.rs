//! APPROX_PERCENTILE: a t-digest, whose clusters are small at both ends.

use rockhopper_sql::{Function, Value};

use super::not_a_state;
use crate::error::{Error, Result};
use crate::math::float;

/// Clusters after compressing are at most about twice this; up to this many values the answer is exact.
const COMPRESSION: f64 = 200.0;
/// Values are collected up to this many clusters before compressing.
const CLUSTERS_LIMIT: usize = 2_000;

/// Numbers as clusters of a mean and a weight.
#[derive(Clone, Debug, Default)]
pub(super) struct Digest {
    /// The share that is asked for; None before the first row.
    share: Option<f64>,
    clusters: Vec<(f64, f64)>,
    ints_only: Option<bool>,
}

impl Digest {
    pub(super) fn add(&mut self, value: &Value, share: &Value) -> Result<()> {
        let number = float(value)
            .ok_or_else(|| Error::no_overload(Function::ApproxPercentile, &[value.clone(), share.clone()]))?;
        let share = float(share).filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| {
            Error::invalid_argument("The share of APPROX_PERCENTILE must be a number from 0 to 1")
        })?;
        self.share = Some(share);
        self.ints_only = Some(self.ints_only.unwrap_or(true) && matches!(value, Value::Int(_)));
        self.push(number, 1.0);
        Ok(())
    }

    /// An int if all were ints, else a float.
    pub(super) fn finish(&self) -> Value {
        let Some(share) = self.share.filter(|_| !self.clusters.is_empty()) else { return Value::Null };
        let mut sorted = self.clusters.clone();
        sort(&mut sorted);
        let found = quantile(&sorted, share);
        if self.ints_only == Some(true) { Value::Int(found.round() as i64) } else { Value::Float(found) }
    }

    pub(super) fn state(&self) -> Value {
        let share = self.share.map_or(Value::Null, Value::Float);
        let ints_only = self.ints_only.map_or(Value::Null, Value::Bool);
        let numbers =
            self.clusters.iter().flat_map(|(mean, weight)| [Value::Float(*mean), Value::Float(*weight)]);
        Value::Array([share, ints_only].into_iter().chain(numbers).collect())
    }

    pub(super) fn merge(&mut self, parts: &[Value]) -> Result<()> {
        let wrong = || not_a_state(Function::ApproxPercentile);
        let [share, ints_only, numbers @ ..] = parts else { return Err(wrong()) };
        if let Value::Float(share) = share {
            self.share = Some(*share);
        }
        if let Value::Bool(ints_only) = ints_only {
            self.ints_only = Some(self.ints_only.unwrap_or(true) && *ints_only);
        }
        let (pairs, []) = numbers.as_chunks::<2>() else { return Err(wrong()) };
        for pair in pairs {
            let [Value::Float(mean), Value::Float(weight)] = pair else { return Err(wrong()) };
            self.push(*mean, *weight);
        }
        Ok(())
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.clusters.capacity() * size_of::<(f64, f64)>()
    }

    fn push(&mut self, mean: f64, weight: f64) {
        self.clusters.push((mean, weight));
        if self.clusters.len() > CLUSTERS_LIMIT {
            self.compress();
        }
    }

    /// Joins neighbours as long as the cluster stays within one step of the scale `asin`.
    fn compress(&mut self) {
        sort(&mut self.clusters);
        let total: f64 = self.clusters.iter().map(|(_, weight)| weight).sum();
        let mut joined: Vec<(f64, f64)> = Vec::new();
        let (mut before, mut limit) = (0.0, 0.0);
        for &(mean, weight) in &self.clusters {
            match joined.last_mut() {
                Some(last) if before + last.1 + weight <= limit => {
                    last.1 += weight;
                    last.0 += (mean - last.0) * weight / last.1;
                }
                _ => {
                    before += joined.last().map_or(0.0, |last| last.1);
                    limit = total * next_share(before / total);
                    joined.push((mean, weight));
                }
            }
        }
        self.clusters = joined;
    }
}

/// The share up to which a cluster that starts at `share` may reach.
fn next_share(share: f64) -> f64 {
    let step = 2.0 * std::f64::consts::PI / COMPRESSION;
    let angle = (2.0 * share - 1.0).clamp(-1.0, 1.0).asin() + step;
    if angle >= std::f64::consts::FRAC_PI_2 { 1.0 } else { (angle.sin() + 1.0) / 2.0 }
}

fn sort(clusters: &mut [(f64, f64)]) {
    clusters.sort_by(|(a, _), (b, _)| a.total_cmp(b));
}

/// Of single values the one at that place, rounded up, as PERCENTILE_DISC; between larger clusters a line.
fn quantile(sorted: &[(f64, f64)], share: f64) -> f64 {
    let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let wanted = (share * total).ceil().max(1.0);
    let mut before = 0.0;
    for (index, &(mean, weight)) in sorted.iter().enumerate() {
        if before + weight >= wanted {
            let next = sorted.get(index + 1);
            let Some((next, _)) = next.filter(|_| weight > 1.0) else { return mean };
            let previous = if index > 0 { sorted[index - 1].0 } else { mean };
            // Values of a cluster are thought of as lying evenly around its mean.
            let place = (wanted - before) / weight - 0.5;
            let width = if place < 0.0 { mean - previous } else { next - mean };
            return mean + place * width;
        }
        before += weight;
    }
    sorted.last().map_or(f64::NAN, |(mean, _)| *mean)
}
