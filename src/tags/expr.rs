//! Arithmetic in tables: `calc=exp(x*0.3466)`, counts like `=(#1+15)/16`.

/// A compiled expression, in postfix order.
#[derive(Debug, Clone)]
pub struct Expr(Box<[Op]>);

#[derive(Debug, Clone, Copy)]
enum Op {
    Number(f64),
    X,
    Variable(Variable),
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Neg,
    Call1(fn(f64) -> f64),
    Call2(fn(f64, f64) -> f64),
}

/// What an expression looks up beside `x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// The value of another row of the packed table: `#25`.
    Row(i64),
    /// The value of a row marked `keep` of any table decoded before: `$FocalUnits`.
    Kept(&'static str),
}

impl Expr {
    /// Compiles an expression; `None` when it is none.
    pub fn parse(text: &'static str) -> Option<Self> {
        let mut parser = Parser { rest: text, ops: Vec::new() };
        parser.sum()?;
        parser.rest.is_empty().then(|| Expr(parser.ops.into()))
    }

    /// The value for `x`; `look_up` gives values of other rows. `None` when one is missing.
    pub fn eval(&self, x: f64, look_up: impl Fn(Variable) -> Option<f64>) -> Option<f64> {
        let mut stack: smallvec::SmallVec<[f64; 8]> = smallvec::SmallVec::new();
        for op in &self.0 {
            let value = match *op {
                Op::Number(n) => n,
                Op::X => x,
                Op::Variable(v) => look_up(v)?,
                Op::Neg => -stack.pop()?,
                Op::Call1(f) => f(stack.pop()?),
                binary => {
                    let b = stack.pop()?;
                    let a = stack.pop()?;
                    match binary {
                        Op::Add => a + b,
                        Op::Sub => a - b,
                        Op::Mul => a * b,
                        Op::Div => a / b,
                        Op::Pow => a.powf(b),
                        Op::Call2(f) => f(a, b),
                        _ => return None,
                    }
                }
            };
            stack.push(value);
        }
        stack.pop()
    }
}

struct Parser {
    rest: &'static str,
    ops: Vec<Op>,
}

impl Parser {
    fn eat(&mut self, c: char) -> bool {
        let hit = self.rest.strip_prefix(c);
        self.rest = hit.unwrap_or(self.rest);
        hit.is_some()
    }

    fn sum(&mut self) -> Option<()> {
        self.product()?;
        loop {
            let op = if self.eat('+') {
                Op::Add
            } else if self.eat('-') {
                Op::Sub
            } else {
                return Some(());
            };
            self.product()?;
            self.ops.push(op);
        }
    }

    fn product(&mut self) -> Option<()> {
        self.power()?;
        loop {
            let op = if self.eat('*') {
                Op::Mul
            } else if self.eat('/') {
                Op::Div
            } else {
                return Some(());
            };
            self.power()?;
            self.ops.push(op);
        }
    }

    fn power(&mut self) -> Option<()> {
        if self.eat('-') {
            self.power()?;
            self.ops.push(Op::Neg);
            return Some(());
        }
        self.atom()?;
        if self.eat('^') {
            self.power()?;
            self.ops.push(Op::Pow);
        }
        Some(())
    }

    fn atom(&mut self) -> Option<()> {
        if self.eat('(') {
            self.sum()?;
            return self.eat(')').then_some(());
        }
        if self.eat('#') {
            let id = self.number()?;
            self.ops.push(Op::Variable(Variable::Row(id as i64)));
            return Some(());
        }
        if self.eat('$') {
            let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at(end);
            self.rest = rest;
            self.ops.push(Op::Variable(Variable::Kept(name)));
            return Some(());
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let n = self.number()?;
            self.ops.push(Op::Number(n));
            return Some(());
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let op = match word {
            "x" => {
                self.ops.push(Op::X);
                return Some(());
            }
            "exp" => Op::Call1(f64::exp),
            "ln" => Op::Call1(f64::ln),
            "log2" => Op::Call1(f64::log2),
            "log10" => Op::Call1(f64::log10),
            "sqrt" => Op::Call1(f64::sqrt),
            "abs" => Op::Call1(f64::abs),
            "int" => Op::Call1(f64::trunc),
            "round" => Op::Call1(f64::round),
            "min" => Op::Call2(f64::min),
            "max" => Op::Call2(f64::max),
            "or" => Op::Call2(|a, b| if a == 0.0 { b } else { a }),
            _ => return None,
        };
        if !self.eat('(') {
            return None;
        }
        self.sum()?;
        if matches!(op, Op::Call2(_)) {
            if !self.eat(',') {
                return None;
            }
            self.sum()?;
        }
        self.ops.push(op);
        self.eat(')').then_some(())
    }

    fn number(&mut self) -> Option<f64> {
        let hex = self.rest.strip_prefix("0x");
        let digits = hex.unwrap_or(self.rest);
        let mut end = digits
            .find(|c: char| if hex.is_some() { !c.is_ascii_hexdigit() } else { !c.is_ascii_digit() && c != '.' })
            .unwrap_or(digits.len());
        if hex.is_none() && digits[end..].starts_with("e-") {
            end += 2 + digits[end + 2..].bytes().take_while(u8::is_ascii_digit).count();
        }
        let (number, rest) = digits.split_at(end);
        self.rest = rest;
        if hex.is_some() { i64::from_str_radix(number, 16).ok().map(|n| n as f64) } else { number.parse().ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let cases = [
            ("x/8-5", 48.0, 1.0),
            ("2^(x/2)", 4.0, 4.0),
            ("-x^2", 3.0, -9.0),
            ("exp(x*0.5)", 0.0, 1.0),
            ("(#1+15)/16", 0.0, 2.0),
            ("max(x,7)+0x10", 3.0, 23.0),
            ("10-2-3", 0.0, 5.0),
            ("1e-3*x", 1000.0, 1.0),
            ("x/max($Units,1)", 4.0, 0.5),
        ];
        let look_up = |v| match v {
            Variable::Row(1) => Some(17.0),
            Variable::Kept("Units") => Some(8.0),
            _ => None,
        };
        for (text, x, want) in cases {
            let got = Expr::parse(text).and_then(|e| e.eval(x, look_up));
            assert!(got.is_some_and(|g| (g - want).abs() < 1e-9), "{text}: {got:?}");
        }
        for bad in ["", "x+", "(x", "foo(x)", "x y"] {
            assert!(Expr::parse(bad).is_none(), "{bad:?}");
        }
    }
}
