//! The least of a plan that still goes wrong.

use super::plan::Plan;
use super::world::run;
use crate::mistake::Mistake;
use crate::property::Property;

/// Leaves out what happens for as long as the property is still violated. Returns the numbers of the steps that are left.
pub fn shrink(plan: &Plan, mistake: Option<Mistake>, property: Property) -> Vec<usize> {
    let is_wrong = |kept: &[usize]| run(plan, Some(kept), mistake, false).violated.has(property);
    let mut kept: Vec<usize> = (0..plan.steps().len()).collect();
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let mut begin = 0;
        while begin < kept.len() {
            let end = (begin + size).min(kept.len());
            let fewer = [&kept[..begin], &kept[end..]].concat();
            if is_wrong(&fewer) {
                kept = fewer;
            } else {
                begin = end;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    kept
}
