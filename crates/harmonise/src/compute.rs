//! Computed fields: jq expressions with a bounded program, time and output.
//!
//! jq is a whole programming language, so a definition gets only the part of
//! it that always ends: no definitions, loops, assignments or recursion, and
//! functions from a list. That still leaves programs that double a value
//! forty times, so after every step a guard counts work and measures the
//! value; when either runs out the evaluation is unwound.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use jaq_core::data::JustLut;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::ops::Math;
use jaq_core::path::{Part, Path};
use jaq_core::{Compiler, Ctx, Error, Filter, Native, Vars, native, unwrap_valr};
use jaq_json::{Num, Val};
use model::Json;

use crate::message::{Code, Message};

type Data = JustLut<Val>;

/// The longest expression.
const EXPRESSION_BYTES_MAX: usize = 2000;
/// How much work one record may cost, in steps and values looked at.
const WORK_MAX: u64 = 100_000;
/// How large a value may grow, in elements and bytes of text.
const SIZE_MAX: usize = 65_536;
/// How deep a value may nest.
const DEPTH_MAX: usize = 64;

/// Functions whose work is bounded by their input.
const FUNCTIONS: &[&str] = &[
    "abs",
    "add",
    "all",
    "any",
    "arrays",
    "ascii_downcase",
    "ascii_upcase",
    "booleans",
    "capture",
    "ceil",
    "contains",
    "empty",
    "endswith",
    "error",
    "exp",
    "explode",
    "fabs",
    "false",
    "finites",
    "first",
    "floor",
    "from_entries",
    "fromjson",
    "group_by",
    "has",
    "implode",
    "index",
    "indices",
    "inside",
    "isempty",
    "join",
    "keys",
    "last",
    "length",
    "log",
    "log10",
    "log2",
    "ltrim",
    "ltrimstr",
    "map",
    "match",
    "max",
    "max_by",
    "min",
    "min_by",
    "not",
    "null",
    "numbers",
    "objects",
    "pow",
    "reverse",
    "rindex",
    "round",
    "rtrim",
    "rtrimstr",
    "scan",
    "select",
    "sort",
    "sort_by",
    "split",
    "splits",
    "sqrt",
    "startswith",
    "strings",
    "sub",
    "gsub",
    "test",
    "to_entries",
    "toboolean",
    "tojson",
    "tonumber",
    "tostring",
    "trim",
    "true",
    "trunc",
    "type",
    "unique",
    "unique_by",
    "utf8bytelength",
    "values",
    "with_entries",
];

thread_local! {
    static WORK_LEFT: Cell<u64> = const { Cell::new(0) };
    static COMPILED: RefCell<HashMap<String, Rc<Expression>>> = RefCell::new(HashMap::new());
}

/// Thrown through the interpreter, which could catch an ordinary error.
struct Exhausted(Code);

/// How many compiled expressions a thread keeps.
const COMPILED_MAX: usize = 64;

/// A compiled expression. It stays in its thread: the interpreter's values
/// may not move between threads.
pub(crate) struct Expression(Filter<Data>);

impl Expression {
    /// Compiles an expression.
    pub(crate) fn compile(code: &str) -> Result<Self, Message> {
        if code.len() > EXPRESSION_BYTES_MAX {
            return Err(Code::ExpressionLong.with("bytes", code.len()).with("max", EXPRESSION_BYTES_MAX));
        }
        let term = jaq_core::load::parse(code, |parser| parser.term()).ok_or(Code::ExpressionInvalid)?;
        let body = guard(term, 0)?;
        let mut prelude: Vec<Def<&str>> = Vec::new();
        for known in jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()) {
            prelude.push(known);
        }
        prelude.push(Def { name: "computed", args: Vec::new(), body });
        let arena = Arena::default();
        let modules = Loader::new(prelude).load(&arena, File { code: "computed", path: () }).map_err(|_| Code::ExpressionInvalid)?;
        let guards: [native::Fun<Data>; 2] = [
            ("guard", native::v(0), Native::new(|cv| native::bome(measured(cv.1)))),
            ("number_only", native::v(0), Native::new(|cv| native::bome(number_only(cv.1)))),
        ];
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs()).chain(guards);
        let filter = Compiler::default().with_funs(functions).compile(modules).map_err(|errors| undefined(&errors))?;
        Ok(Self(filter))
    }

    /// Compiles an expression, or takes the one compiled before: replaying a
    /// thousand records must not compile it a thousand times.
    pub(crate) fn cached(code: &str) -> Result<Rc<Self>, Message> {
        if let Some(known) = COMPILED.with_borrow(|compiled| compiled.get(code).cloned()) {
            return Ok(known);
        }
        let compiled = Rc::new(Self::compile(code)?);
        COMPILED.with_borrow_mut(|all| {
            if all.len() >= COMPILED_MAX {
                all.clear();
            }
            all.insert(code.to_owned(), Rc::clone(&compiled));
        });
        Ok(compiled)
    }

    /// The first value the expression yields for a record; `None` when it yields none.
    pub(crate) fn evaluate(&self, record: &Json) -> Result<Option<Json>, Message> {
        let input = jaq_json::read::parse_single(record.to_string().as_bytes()).map_err(|error| says(&error.to_string()))?;
        WORK_LEFT.set(WORK_MAX);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let context = Ctx::<Data>::new(&self.0.lut, Vars::new([]));
            self.0.id.run((context, input)).map(unwrap_valr).next()
        }));
        match outcome {
            Ok(None) => Ok(None),
            Ok(Some(Ok(value))) => model::json::parse(value.to_string().as_bytes()).map(Some).map_err(|_| Code::ExpressionNoJson.into()),
            Ok(Some(Err(error))) => Err(message(error)),
            Err(thrown) => match thrown.downcast::<Exhausted>() {
                Ok(exhausted) => Err(exhausted.0.into()),
                Err(other) => resume_unwind(other),
            },
        }
    }
}

/// What an expression's own error says: a text without its quotes.
fn message(error: Error<Val>) -> Message {
    let value = error.into_val().to_string();
    let text = model::json::parse(value.as_bytes()).ok().and_then(|json| json.as_str().map(str::to_owned));
    let text = text.unwrap_or(value);
    match text.strip_prefix(MULTIPLIED) {
        Some(value) => Code::ExpressionMultiply.with("value", value),
        None => says(&text),
    }
}

fn says(text: &str) -> Message {
    Code::ExpressionSays.with("detail", text)
}

fn undefined<P>(errors: &jaq_core::compile::Errors<&str, P>) -> Message {
    let unknown = errors.iter().flat_map(|(_, errors)| errors).map(|(name, _)| *name).next().unwrap_or("?");
    Code::ExpressionUnknown.with("name", unknown)
}

/// Counts the work and measures a value; unwinds when either is too much.
fn measured<'a>(value: Val) -> Result<Val, Error<Val>>
where
    Val: 'a,
{
    let mut seen = 0;
    measure(&value, 0, &mut seen);
    let cost = 1 + u64::try_from(seen / 8).unwrap_or(u64::MAX);
    match WORK_LEFT.get().checked_sub(cost) {
        Some(left) => WORK_LEFT.set(left),
        None => resume_unwind(Box::new(Exhausted(Code::ExpressionWork))),
    }
    Ok(value)
}

fn measure(value: &Val, depth: usize, seen: &mut usize) {
    *seen += 1;
    if *seen > SIZE_MAX || depth > DEPTH_MAX {
        resume_unwind(Box::new(Exhausted(Code::ExpressionSize)));
    }
    match value {
        Val::BStr(text) | Val::TStr(text) => *seen += text.len(),
        Val::Arr(items) => items.iter().for_each(|item| measure(item, depth + 1, seen)),
        Val::Obj(members) => members.iter().for_each(|(name, member)| {
            measure(name, depth + 1, seen);
            measure(member, depth + 1, seen);
        }),
        Val::Num(Num::BigInt(_)) => resume_unwind(Box::new(Exhausted(Code::ExpressionBigNumber))),
        Val::Num(_) | Val::Null | Val::Bool(_) => {}
    }
    if *seen > SIZE_MAX {
        resume_unwind(Box::new(Exhausted(Code::ExpressionSize)));
    }
}

/// How the interpreter's error begins when something else than a number is multiplied.
const MULTIPLIED: &str = "multiplied: ";

/// Multiplying texts repeats them: only numbers may be multiplied.
fn number_only(value: Val) -> Result<Val, Error<Val>> {
    match value {
        Val::Num(_) => Ok(value),
        other => Err(Error::str(format_args!("{MULTIPLIED}{other}"))),
    }
}

/// Refuses what may not end and puts the guard behind every step.
fn guard<'s>(term: Term<&'s str>, depth: usize) -> Result<Term<&'s str>, Message> {
    if depth > 100 {
        return Err(Code::ExpressionDeep.into());
    }
    let inner = |term: Term<&'s str>| guard(term, depth + 1);
    let boxed = |term: Box<Term<&'s str>>| guard(*term, depth + 1).map(Box::new);
    let guarded = |term: Term<&'s str>| Term::BinOp(Box::new(term), BinaryOp::Pipe(None), Box::new(Term::Call("guard", Vec::new())));
    Ok(match term {
        Term::Id | Term::Num(_) => term,
        Term::Var(name) if name.starts_with("$ENV") || name.starts_with("$__") => return Err(unavailable(name)),
        Term::Var(_) => term,
        Term::Str(Some(format), _) => return Err(unavailable(format)),
        Term::Str(None, parts) => {
            guarded(Term::Str(None, parts.into_iter().map(|part| guard_part(part, depth)).collect::<Result<_, _>>()?))
        }
        Term::Arr(items) => guarded(Term::Arr(items.map(boxed).transpose()?)),
        Term::Obj(members) => {
            let pair = |(name, value): (Term<&'s str>, Option<Term<&'s str>>)| {
                Ok::<_, Message>((key(name, depth)?, value.map(inner).transpose()?))
            };
            guarded(Term::Obj(members.into_iter().map(pair).collect::<Result<_, _>>()?))
        }
        Term::Neg(operand) => Term::Neg(boxed(operand)?),
        Term::BinOp(left, op, right) => guard_operation(inner(*left)?, op, inner(*right)?, guarded)?,
        Term::IfThenElse(branches, otherwise) => {
            let branch = |(test, then): (Term<&'s str>, Term<&'s str>)| Ok::<_, Message>((inner(test)?, inner(then)?));
            Term::IfThenElse(branches.into_iter().map(branch).collect::<Result<_, _>>()?, otherwise.map(boxed).transpose()?)
        }
        Term::TryCatch(attempt, otherwise) => Term::TryCatch(boxed(attempt)?, otherwise.map(boxed).transpose()?),
        Term::Call(name, arguments) if FUNCTIONS.contains(&name) => {
            guarded(Term::Call(name, arguments.into_iter().map(inner).collect::<Result<_, _>>()?))
        }
        Term::Call(name, _) => return Err(unknown_function(name)),
        Term::Path(start, Path(parts)) => {
            let parts = parts.into_iter().map(|(part, opt)| Ok::<_, Message>((guard_step(part, depth)?, opt))).collect::<Result<_, _>>()?;
            guarded(Term::Path(boxed(start)?, Path(parts)))
        }
        Term::Recurse => return Err(unavailable("..")),
        Term::Label(..) | Term::Break(_) | Term::Fold(..) | Term::Def(..) => {
            return Err(Code::ExpressionDefinitions.into());
        }
    })
}

fn unavailable(name: &str) -> Message {
    Code::ExpressionUnavailable.with("name", name)
}

fn unknown_function(name: &str) -> Message {
    match crate::issue::nearest(name, FUNCTIONS.iter().copied()) {
        Some(near) => Code::ExpressionFunctionNear.with("name", name).with("near", near),
        None => Code::ExpressionFunction.with("name", name),
    }
}

/// Names of members are plain strings, which need no guard and must stay recognisable.
fn key(name: Term<&str>, depth: usize) -> Result<Term<&str>, Message> {
    match name {
        Term::Str(None, parts) if parts.iter().all(|part| !matches!(part, StrPart::Term(_))) => Ok(Term::Str(None, parts)),
        other => guard(other, depth + 1),
    }
}

fn guard_part<'s>(part: StrPart<&'s str, Term<&'s str>>, depth: usize) -> Result<StrPart<&'s str, Term<&'s str>>, Message> {
    Ok(match part {
        StrPart::Term(term) => StrPart::Term(guard(term, depth + 1)?),
        other => other,
    })
}

fn guard_step(part: Part<Term<&str>>, depth: usize) -> Result<Part<Term<&str>>, Message> {
    Ok(match part {
        Part::Index(index) => Part::Index(guard(index, depth + 1)?),
        Part::Range(from, to) => {
            Part::Range(from.map(|term| guard(term, depth + 1)).transpose()?, to.map(|term| guard(term, depth + 1)).transpose()?)
        }
    })
}

fn guard_operation<'s>(
    left: Term<&'s str>,
    op: BinaryOp<&'s str>,
    right: Term<&'s str>,
    guarded: impl Fn(Term<&'s str>) -> Term<&'s str>,
) -> Result<Term<&'s str>, Message> {
    let number = |term| Term::BinOp(Box::new(term), BinaryOp::Pipe(None), Box::new(Term::Call("number_only", Vec::new())));
    Ok(match op {
        BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => {
            return Err(Code::ExpressionAssignments.into());
        }
        BinaryOp::Math(Math::Mul) => guarded(Term::BinOp(Box::new(number(left)), BinaryOp::Math(Math::Mul), Box::new(number(right)))),
        BinaryOp::Math(math) => guarded(Term::BinOp(Box::new(left), BinaryOp::Math(math), Box::new(right))),
        BinaryOp::Pipe(Some(Pattern::Arr(_) | Pattern::Obj(_))) => return Err(Code::ExpressionOneVariable.into()),
        other => Term::BinOp(Box::new(left), other, Box::new(right)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, record: &str, expected: &str) {
        let json = model::json::parse(record.as_bytes()).expect("valid JSON");
        let got = match Expression::compile(code).and_then(|expression| expression.evaluate(&json)) {
            Ok(Some(value)) => value.to_string(),
            Ok(None) => "nothing".to_owned(),
            Err(reason) => reason.to_string(),
        };
        assert_eq!(got, expected, "{}", crate::issue::shorten(code));
    }

    #[test]
    fn computes_from_a_record() {
        check(".RS[0:5] + .RS[9:12]", r#"{"RS":"064310001001"}"#, r#""06431001""#);
        check(r#"if .a then "ja" else "nein" end"#, r#"{"a":true}"#, r#""ja""#);
        check(".x * 2 + 1", r#"{"x":20.5}"#, "42.0");
        check(".n", r#"{"n":1.50}"#, "1.50");
        check(r#".name | sub("^PH "; "Parkhaus ")"#, r#"{"name":"PH Theater"}"#, r#""Parkhaus Theater""#);
        check(".missing | select(. != null)", "{}", "nothing");
        check(r#"[.a[] | select(. > 1)] | length"#, r#"{"a":[1,2,3]}"#, "2");
        check(r#"{a: .b, "c": "x\(.b)"}"#, r#"{"b":1}"#, r#"{"a":1,"c":"x1"}"#);
    }

    #[test]
    fn refuses_what_may_not_end() {
        check("def f: f; f", "{}", "definitions, `reduce`, `foreach` and `label` are not available in computed fields");
        check("[range(1000000000)]", "{}", "the function `range` is not available in computed fields");
        check("env", "{}", "the function `env` is not available; did you mean `any`?");
        check("now", "{}", "the function `now` is not available; did you mean `not`?");
        check("..", "{}", "`..` is not available");
        check(".a = 1", "{}", "assignments are not available in computed fields");
        check(".a +", "{}", "the expression is not valid jq");
    }

    #[test]
    fn work_and_output_are_bounded() {
        check(&format!(".{}", " | . + .".repeat(60)), r#""abcdefgh""#, "the expression makes a value that is too large");
        check(&format!(".{}", " | [., .]".repeat(40)), "1", "the expression makes a value that is too large");
        check(&format!("[{} 1]", ".[] as $x | ".repeat(12)), "[1,2,3,4,5,6,7,8,9,10]", "the expression needs too much work for one record");
        check(&format!(".{}", " | . * .".repeat(80)), "9", "the expression makes a number beyond 64 bits");
        check(r#""a" * 1000000000"#, "1", r#"only numbers can be multiplied, not "a""#);
        check("try (.a | [., .] | error) catch 1", "{}", "1");
    }
}
