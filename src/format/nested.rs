//! Files inside files, cleaned by the rule of their own format.

use super::{Depth, MAX_NESTING, Plan, Selection, Walk, detect};
use crate::{
    error::{Code, Error, Result},
    input::Input,
};
use std::ops::Range;

/// Plans a clean form of the file in `range` of `input`. Its pieces name ranges of `input`: they can be appended to the
/// plan of the outer file as they are. Fails where nothing can be promised: the planner drops the file then.
pub fn plan(input: &Input, range: Range<u64>, selection: &Selection) -> Result<Plan> {
    let inner = plan_whole(&input.slice(range.clone()), selection)?;
    let mut plan = Plan { kept: inner.kept.clone(), ..Plan::default() };
    plan.splice(inner, range.start);
    Ok(plan)
}

/// A clean form of a file that is in memory: inflated, joined, or cut from a block that is written fresh.
pub fn bytes(file: Vec<u8>, selection: &Selection) -> Result<Vec<u8>> {
    let input = Input::from_bytes(file);
    plan_whole(&input, selection)?.to_bytes(&input)
}

fn plan_whole(input: &Input, selection: &Selection) -> Result<Plan> {
    if selection.nesting >= MAX_NESTING {
        return Err(Error::damaged("files are nested too deep"));
    }
    let (format, file_type) = detect(input).ok_or_else(|| Error::new(Code::UnknownFormat, "an embedded file of unknown type"))?;
    let plan = format.plan.ok_or_else(|| Error::new(Code::UnsupportedFormat, "an embedded file cannot be cleaned"))?;
    let mut walk = Walk::new(Depth::Full, file_type);
    (format.walk)(input, &mut walk)?;
    plan(input, &walk.parts, &Selection { nesting: selection.nesting + 1, ..selection.clone() })
}
