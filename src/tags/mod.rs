//! Tables: text files, one line a tag, its labels beneath; compiled in, parsed a table at a time on first use.
//!
//! ```text
//! # A comment. Where the facts are from is cited at the top of each file.
//!
//! table Canon::CameraSettings kind=makernotes group=Canon packed=int16s
//!   1  MacroMode
//!      1  Macro
//!      2  Normal
//!   2  SelfTimer            print=canon_self_timer
//!   5  ContinuousDrive      if="model!~EOS"
//!   22 LensType             int16u  labels=CanonLensType
//!   23 MaxFocalLength       int16u  calc=x/10  print="%s mm"
//!   26 MaxAperture          calc=exp(x*0.34657359) print="%.2g"
//!   46.1 Sharpness          int8u mask=0x0f
//!
//! table Canon::Main kind=makernotes group=Canon
//!   0x0001 CanonCameraSettings  -> Canon::CameraSettings
//!   0x000c SerialNumber         int32u  print=canon_serial
//!
//! labels CanonLensType
//!   1  Canon EF 50mm f/1.8
//! ```
//!
//! A **section** begins at the margin. `table NAME` has attributes: `kind=` (family 0, lower case), `group=` (family 1),
//! `packed=FORMAT` (rows are indices into a run of bytes, counted in units of FORMAT; without it ids are tags of an IFD or
//! of whatever the decoder looks up), `first=N` (index of the first byte's row, 0 unless said), `order=big|little` (else the
//! surrounding one), `keys=text` (ids are words, not numbers; a key with blanks is quoted), `serial` (rows follow each
//! other, each as long as its format and count say), `priority=low` (for all rows), `proc=NAME` (a decoder of its own).
//!
//! A **row** is indented: id, name, then attributes in any order:
//! - a format, with an optional count: `int16u`, `string[20]`, `int16u[=#2]` (the value of row 2), `int16u[=(#1+15)/16]`;
//!   formats are `int8u int8s int16u int16s int32u int32s int64u int64s rational32u/s rational64u/s float double
//!   string undef fixed32u fixed32s unicode` (UTF-16), each with an optional `le`/`be` suffix after a dot: `int16u.be`;
//! - `if="COND, COND"`: the row holds only then; of several rows with one id the first that holds counts. A COND is
//!   `make~P`, `model~P`, `type~P` (file type), `value~P` (the value as text) or `!~`, P being alternatives between `|`,
//!   each found anywhere, `^`/`$` anchored, `*` for anything, `\b` at a word's edge; `count=N`, `count>N`, `count<N` (also `>=`, `<=`, `!=`),
//!   `size` (bytes of the value or of the packed block) and `value` (its first number) likewise; `format=int16u`; `@name` (a predicate in
//!   `tags/cond.rs`);
//! - `value=NAME` (a conversion in [`print`]), `calc=EXPR` (of the number `x`, without blanks: `+ - * / ^ ( )`, `exp ln log2 sqrt
//!   int abs min max`, `#N` the value of an earlier row of a packed table), applied to each element;
//! - `print=NAME` (a printer in [`print`]) or `print="%.1f mm"` (printf: `%s %d %x %.Nf %g`, of the value);
//!   `unit=" mm"` is short for `print="%s mm"`;
//! - `labels=NAME` (a shared section), `bits` (labels name bits, printed joined by `, `), `each` (labels apply to each
//!   element, joined by `; `), `hex` (an unknown value prints as `Unknown (0x5)`), `plain` (an unknown value prints as itself);
//! - `mask=0x0f` (the value is masked and shifted right to the mask's lowest bit);
//! - `-> Table` (the value is a block of that table), with `start=N` (skip N bytes), `order=`, `base=` for IFDs;
//! - `child=KIND` (the value is a block of another standard: `icc`, `iptc`, `xmp`, `photoshop`, `file`);
//! - `group=`, `priority=low|high`, `binary`, `hidden` (not shown, but its value can be asked for), `list`, `raw` (trailing blanks stay).
//!
//! **Labels** are indented further: a value (a number in any base, a text, several numbers in quotes), then what it means.
//! `*` is the label of all other values.

pub mod print;
