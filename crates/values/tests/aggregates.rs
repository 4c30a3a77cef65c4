//! Aggregates: each case is accumulated in one go, and in two halves that are merged through their states.

use rockhopper_values::{Accumulator, Function, Result, Value};

use crate::notation::{evaluate, evaluate_list, same, show};

/// `function: row | row | ... => expected`; the arguments of a row stand between commas, `*` is none.
const TABLE: &str = include_str!("tables/aggregates.txt");

#[test]
fn aggregates() {
    let mut failures = Vec::new();
    for line in TABLE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (call, expected) = line.rsplit_once("=> ").unwrap();
        let (name, rows) = call.split_once(':').unwrap();
        let function = Function::from_name(name).unwrap();
        let rows: Vec<Vec<Value>> = match rows.trim() {
            "" => Vec::new(),
            rows => rows
                .split('|')
                .map(|row| if row.trim() == "*" { vec![] } else { evaluate_list(row) })
                .collect(),
        };
        for split in 0..=rows.len() {
            let found = accumulate_in_halves(function, &rows, split);
            let right = match (expected.trim().strip_prefix("error "), &found) {
                (Some(id), Err(error)) => error.error_id == id,
                (None, Ok(value)) => same(value, &evaluate(expected).unwrap()),
                _ => false,
            };
            if !right {
                failures.push(format!("{line}\n    split at {split} gave {}", show(&found)));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn accumulate_in_halves(function: Function, rows: &[Vec<Value>], split: usize) -> Result<Value> {
    let mut halves = [Accumulator::new(function)?, Accumulator::new(function)?];
    for (index, row) in rows.iter().enumerate() {
        halves[usize::from(index >= split)].update(row)?;
    }
    let [mut first, second] = halves;
    first.merge(&second.state())?;
    first.finish()
}

#[test]
fn approx_distinct_is_exact_for_few_and_near_for_many() {
    for (count, most_off) in [(500, 0), (100_000, 7_000)] {
        let mut parts = [(); 2].map(|()| Accumulator::new(Function::ApproxDistinct).unwrap());
        for number in 0..count {
            parts[(number % 2) as usize].update(&[Value::Int(number)]).unwrap();
            parts[0].update(&[Value::Float(number as f64)]).unwrap();
        }
        let [mut all, other] = parts;
        all.merge(&other.state()).unwrap();
        let Value::Int(found) = all.finish().unwrap() else { panic!("not an int") };
        assert!((found - count).abs() <= most_off, "{found} for {count}");
        assert!(all.size_bytes() < 40_000);
    }
}

#[test]
fn approx_percentile_is_near_over_many_values() {
    let mut parts = [(); 2].map(|()| Accumulator::new(Function::ApproxPercentile).unwrap());
    for step in 0..50_000_i64 {
        let number = step * 7_919 % 50_000;
        parts[(step % 2) as usize].update(&[Value::Int(number), Value::Float(0.99)]).unwrap();
    }
    let [mut all, other] = parts;
    all.merge(&other.state()).unwrap();
    let Value::Int(found) = all.finish().unwrap() else { panic!("not an int") };
    assert!((found - 49_500).abs() < 100, "{found}");
    assert!(all.size_bytes() < 100_000);
}

#[test]
fn scalar_functions_do_not_aggregate() {
    assert!(Accumulator::new(Function::Lower).is_err());
}
