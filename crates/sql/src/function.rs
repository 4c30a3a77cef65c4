//! Every function and operator of the dialect: names, kinds, argument counts and documentation.
//!
//! One table makes all of it. An engine matches [`Function`] exhaustively, so a name without an implementation does
//! not compile. `AND`, `OR`, `NOT`, `CASE`, `IF`, `COALESCE`, `NULLIF`, `TRY` and the casts are no functions but
//! constructs of the language: they do not evaluate all of their operands.

/// Stands in the table for "as many arguments as you like".
const MANY: usize = usize::MAX;

/// What a [`Function`] is to the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One value from values of the same row.
    Scalar,
    /// One value from many rows.
    Aggregate,
    /// One value for each row, from the rows around it.
    Window,
    /// A scalar with a spelling of its own; not found by name.
    Operator,
}

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arity {
    /// At least so many.
    pub min: usize,
    /// At most so many; None is any number.
    pub max: Option<usize>,
}

impl Arity {
    /// Whether a call with `count` arguments is allowed.
    pub fn accepts(self, count: usize) -> bool {
        count >= self.min && self.max.is_none_or(|max| count <= max)
    }
}

struct Row {
    name: &'static str,
    aliases: &'static [&'static str],
    group: &'static str,
    kind: Kind,
    min: usize,
    max: usize,
    signature: &'static str,
    doc: &'static str,
}

macro_rules! functions {
    ($($group:literal $kind:ident {
        $($variant:ident $name:literal [$($alias:literal),*] $min:literal $max:tt $signature:literal $doc:literal;)*
    })*) => {
        /// A function or operator.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Function {
            $($(#[doc = concat!("`", $signature, "`: ", $doc)] $variant,)*)*
        }

        const ALL: &[Function] = &[$($(Function::$variant,)*)*];

        /// In the order of the enum's variants.
        const ROWS: &[Row] = &[$($(Row {
            name: $name,
            aliases: &[$($alias),*],
            group: $group,
            kind: Kind::$kind,
            min: $min,
            max: $max,
            signature: $signature,
            doc: $doc,
        },)*)*];
    };
}

impl Function {
    /// The scalar, aggregate or window function of that name or alias, in any case. Operators are not found.
    pub fn from_name(name: &str) -> Option<Function> {
        ALL.iter().copied().find(|function| {
            let row = function.row();
            row.kind != Kind::Operator
                && (row.name.eq_ignore_ascii_case(name)
                    || row.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name)))
        })
    }

    /// Every function and operator, in the order of the documentation.
    pub fn all() -> &'static [Function] {
        ALL
    }

    /// The name in lower case, or the operator's sign.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Other names of the same function, in lower case.
    pub fn aliases(self) -> &'static [&'static str] {
        self.row().aliases
    }

    /// Scalar, aggregate, window or operator.
    pub fn kind(self) -> Kind {
        self.row().kind
    }

    /// The chapter of the documentation that it belongs to.
    pub fn group(self) -> &'static str {
        self.row().group
    }

    /// How many arguments it takes. The instant of the query, which is the first argument of `CURRENT_DATE` and its
    /// like, is counted though nobody writes it.
    pub fn arity(self) -> Arity {
        let row = self.row();
        Arity { min: row.min, max: (row.max != MANY).then_some(row.max) }
    }

    /// How a call is written.
    pub fn signature(self) -> &'static str {
        self.row().signature
    }

    /// What it does, in a line.
    pub fn doc(self) -> &'static str {
        self.row().doc
    }

    /// Whether two calls with equal arguments may differ, so that a call must not be folded or shared between rows.
    pub fn is_volatile(self) -> bool {
        matches!(self, Function::Rand | Function::ArrayShuffle)
    }

    /// Whether the first argument is the instant of the query, which the resolver adds.
    pub fn takes_now(self) -> bool {
        use Function::*;
        matches!(self, CurrentDate | CurrentTime | CurrentDateTime | CurrentTimestamp)
    }

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

functions! {
"Operators" Operator {
    Add "+" [] 2 2 "x + y" "The sum of numbers or intervals, or a date or time moved by an interval.";
    Subtract "-" [] 2 2 "x - y" "The difference of numbers, intervals, dates or times; or a date or time moved back.";
    Multiply "*" [] 2 2 "x * y" "The product of numbers, or of an interval and an int.";
    Divide "/" [] 2 2 "x / y" "The quotient; of two ints an int, cut toward zero.";
    Modulo "%" [] 2 2 "x % y" "The remainder, with the sign of `x`.";
    Negate "-" [] 1 1 "-x" "The number or interval with the other sign.";
    Equal "=" [] 2 2 "x = y" "Whether the values are equal; null for values of different types.";
    NotEqual "<>" ["!="] 2 2 "x <> y" "Whether the values differ; null for values of different types.";
    Less "<" [] 2 2 "x < y" "Whether `x` is below `y`; null for values of different types.";
    LessOrEqual "<=" [] 2 2 "x <= y" "Whether `x` is not above `y`; null for values of different types.";
    Greater ">" [] 2 2 "x > y" "Whether `x` is above `y`; null for values of different types.";
    GreaterOrEqual ">=" [] 2 2 "x >= y" "Whether `x` is not below `y`; null for values of different types.";
    IsDistinctFrom "is distinct from" [] 2 2 "x IS DISTINCT FROM y" "Whether the values differ; two nulls do not.";
    IsNotDistinctFrom "is not distinct from" [] 2 2 "x IS NOT DISTINCT FROM y" "Whether the values are equal; two nulls are.";
    Concatenate "||" [] 2 2 "x || y" "Two strings, two arrays or two bytes values as one.";
    Like "like" [] 2 3 "x LIKE pattern [ESCAPE c]" "Whether the whole string matches; `%` is any text, `_` any character.";
    AtTimeZone "at time zone" [] 2 2 "x AT TIME ZONE zone" "The civil time of a timestamp in a zone, or the instant of a civil time there.";
    Extract "extract" [] 2 2 "EXTRACT(part FROM x)" "A part of a date or time as an int (DATE: as a date); DOW is 1 on Sunday.";
}

"Types" Scalar {
    TypeOf "typeof" [] 1 1 "TYPEOF(x)" "The name of the value's type; tells `null` from `undefined`.";
    IsScalar "is_scalar" [] 1 1 "IS_SCALAR(x)" "False for arrays, objects and null, true for the rest.";
}

"Conditions" Scalar {
    Greatest "greatest" [] 1 MANY "GREATEST(x, ...)" "The largest argument; null if one is null.";
    Least "least" [] 1 MANY "LEAST(x, ...)" "The smallest argument; null if one is null.";
}

"Dates and times" Scalar {
    CurrentDate "current_date" [] 1 2 "CURRENT_DATE([zone])" "The date at the start of the query.";
    CurrentTime "current_time" [] 1 2 "CURRENT_TIME([zone])" "The time of day at the start of the query.";
    CurrentDateTime "current_datetime" [] 1 2 "CURRENT_DATETIME([zone])" "The civil date and time at the start of the query.";
    CurrentTimestamp "current_timestamp" [] 1 1 "CURRENT_TIMESTAMP()" "The instant the query started.";
    Date "date" [] 1 3 "DATE(x[, zone]) or DATE(year, month, day)" "The date of a timestamp or datetime, or from its parts.";
    Time "time" [] 1 4 "TIME(x[, zone]) or TIME(hour, minute, second[, microsecond])" "The time of day of a timestamp or datetime, or from its parts.";
    DateTime "datetime" [] 1 7 "DATETIME(x[, zone]), DATETIME(date, time) or DATETIME(year, month, day, hour, minute, second[, microsecond])" "A civil date and time.";
    Timestamp "timestamp" [] 1 1 "TIMESTAMP(x)" "The instant of a date or datetime in UTC.";
    FormatIso8601 "format_iso8601" [] 1 2 "FORMAT_ISO8601(x[, zone])" "ISO 8601 text; a timestamp ends with `Z` or the zone's offset.";
    FormatDate "format_date" [] 2 2 "FORMAT_DATE(format, x)" "Text by a strftime format.";
    FormatTime "format_time" [] 2 2 "FORMAT_TIME(format, x)" "Text by a strftime format.";
    FormatDateTime "format_datetime" [] 2 2 "FORMAT_DATETIME(format, x)" "Text by a strftime format.";
    FormatTimestamp "format_timestamp" [] 2 3 "FORMAT_TIMESTAMP(format, x[, zone])" "Text by a strftime format, as read in the zone.";
    ParseDate "parse_date" [] 2 2 "PARSE_DATE(format, text)" "The date that a strftime format reads.";
    ParseTime "parse_time" [] 2 2 "PARSE_TIME(format, text)" "The time of day that a strftime format reads.";
    ParseDateTime "parse_datetime" [] 2 2 "PARSE_DATETIME(format, text)" "The datetime that a strftime format reads.";
    ParseTimestamp "parse_timestamp" [] 2 3 "PARSE_TIMESTAMP(format, text[, zone])" "The instant that a strftime format reads; the zone is for text without one.";
    ParseDateIso8601 "parse_date_iso8601" [] 1 1 "PARSE_DATE_ISO8601(text)" "The date in ISO 8601 text.";
    ParseTimeIso8601 "parse_time_iso8601" [] 1 1 "PARSE_TIME_ISO8601(text)" "The time of day in ISO 8601 text.";
    ParseDateTimeIso8601 "parse_datetime_iso8601" [] 1 1 "PARSE_DATETIME_ISO8601(text)" "The datetime in ISO 8601 text; a final `Z` is dropped.";
    ParseTimestampIso8601 "parse_timestamp_iso8601" [] 1 1 "PARSE_TIMESTAMP_ISO8601(text)" "The instant in ISO 8601 text with an offset or `Z`.";
    DateParse "date_parse" [] 2 2 "DATE_PARSE(text, format)" "The datetime that a strftime format reads; text first.";
    TimestampMicros "timestamp_micros" [] 1 1 "TIMESTAMP_MICROS(n)" "The instant `n` microseconds after 1970 in UTC.";
    TimestampMillis "timestamp_millis" [] 1 1 "TIMESTAMP_MILLIS(n)" "The instant `n` milliseconds after 1970 in UTC.";
    TimestampSeconds "timestamp_seconds" [] 1 1 "TIMESTAMP_SECONDS(n)" "The instant `n` seconds after 1970 in UTC.";
    UnixMicros "unix_micros" [] 1 1 "UNIX_MICROS(x)" "Microseconds since 1970 in UTC.";
    UnixMillis "unix_millis" [] 1 1 "UNIX_MILLIS(x)" "Milliseconds since 1970 in UTC, rounded down.";
    UnixSeconds "unix_seconds" [] 1 1 "UNIX_SECONDS(x)" "Seconds since 1970 in UTC, rounded down.";
    DateTrunc "date_trunc" [] 2 2 "DATE_TRUNC(unit, x)" "The start of the unit that holds `x`; weeks start on Sunday. The type stays.";
    DateDiff "date_diff" [] 3 3 "DATE_DIFF(unit, x, y)" "Whole units from `x` to `y`, negative when `y` is earlier.";
    DateAdd "date_add" [] 3 3 "DATE_ADD(unit, n, x)" "`x` moved by `n` units.";
    TimeBucket "time_bucket" [] 2 3 "TIME_BUCKET(interval, x[, origin])" "The start of the bucket that holds `x`, counted from the origin (1970).";
    Microseconds "microseconds" [] 1 1 "MICROSECONDS(n)" "An interval of `n` microseconds.";
    Milliseconds "milliseconds" [] 1 1 "MILLISECONDS(n)" "An interval of `n` milliseconds.";
    Seconds "seconds" [] 1 1 "SECONDS(n)" "An interval of `n` seconds.";
    Minutes "minutes" [] 1 1 "MINUTES(n)" "An interval of `n` minutes.";
    Hours "hours" [] 1 1 "HOURS(n)" "An interval of `n` hours.";
    Days "days" [] 1 1 "DAYS(n)" "An interval of `n` times 24 hours.";
    Months "months" [] 1 1 "MONTHS(n)" "An interval of `n` calendar months.";
    Years "years" [] 1 1 "YEARS(n)" "An interval of `n` calendar years.";
    ParseDurationSeconds "parse_duration_seconds" [] 1 1 "PARSE_DURATION_SECONDS(text)" "An interval from text such as `90 minutes` or `1 02:03:04.5`.";
    ParseDurationMonths "parse_duration_months" [] 1 1 "PARSE_DURATION_MONTHS(text)" "An interval from text such as `5 months` or `3-4` (years-months).";
    DurationMicros "duration_micros" [] 1 1 "DURATION_MICROS(interval)" "The interval in microseconds.";
    DurationMillis "duration_millis" [] 1 1 "DURATION_MILLIS(interval)" "The interval in whole milliseconds.";
    DurationSeconds "duration_seconds" [] 1 1 "DURATION_SECONDS(interval)" "The interval in whole seconds.";
    DurationMonths "duration_months" [] 1 1 "DURATION_MONTHS(interval)" "The interval in months.";
}

"Strings" Scalar {
    Concat "concat" [] 1 MANY "CONCAT(x, ...)" "The texts of the arguments as one string.";
    Length "length" [] 1 1 "LENGTH(x)" "Characters of a string, bytes, elements of an array or members of an object.";
    Lower "lower" [] 1 1 "LOWER(s)" "Lower case, whatever the locale.";
    Upper "upper" [] 1 1 "UPPER(s)" "Upper case, whatever the locale.";
    Trim "trim" [] 1 1 "TRIM(s)" "Without white space at both ends.";
    Ltrim "ltrim" [] 1 1 "LTRIM(s)" "Without white space at the start.";
    Rtrim "rtrim" [] 1 1 "RTRIM(s)" "Without white space at the end.";
    Normalize "normalize" [] 1 2 "NORMALIZE(s[, form])" "The Unicode normal form: NFC (default), NFD, NFKC or NFKD.";
    Replace "replace" [] 2 3 "REPLACE(s, search[, by])" "Every `search` replaced, or deleted without `by`.";
    Split "split" [] 2 3 "SPLIT(s, delimiter[, limit])" "The pieces between delimiters; the last of `limit` pieces takes the rest.";
    SplitPart "split_part" [] 3 3 "SPLIT_PART(s, delimiter, n)" "The n-th piece, from 1; null past the end.";
    Strpos "strpos" [] 2 2 "STRPOS(s, search)" "The place of the first `search`, from 1; 0 if absent.";
    Position "position" [] 2 2 "POSITION(search IN s)" "The place of the first `search`, from 1; 0 if absent.";
    Substr "substr" ["substring"] 2 3 "SUBSTR(s, start[, length])" "A part of a string; `start` counts from 1, or from the end if negative.";
    Reverse "reverse" [] 1 1 "REVERSE(s)" "The characters in opposite order.";
    Ascii "ascii" [] 1 1 "ASCII(s)" "The code point of the first character; 0 for an empty string.";
    Chr "chr" [] 1 1 "CHR(n)" "The character with code point `n`.";
    Format "format" [] 1 MANY "FORMAT(format, x, ...)" "The format with each `{}` replaced by the next argument; `{{` and `}}` are braces.";
    FromHex "from_hex" [] 1 1 "FROM_HEX(s)" "The bytes that hexadecimal text stands for.";
    ToHex "to_hex" [] 1 1 "TO_HEX(bytes)" "Lower-case hexadecimal text.";
    FromBase64 "from_base64" [] 1 1 "FROM_BASE64(s)" "The bytes that base64 text stands for.";
    ToBase64 "to_base64" [] 1 1 "TO_BASE64(bytes)" "Base64 text.";
    FromUtf8 "from_utf8" [] 1 1 "FROM_UTF8(bytes)" "The string in UTF-8 bytes; an error if they are not UTF-8.";
    ToUtf8 "to_utf8" [] 1 1 "TO_UTF8(s)" "The UTF-8 bytes of a string.";
    Tokenize "tokenize" [] 1 2 "TOKENIZE(s[, locale])" "The words of a text: lower case, normalised, without punctuation.";
    Prefixes "prefixes" [] 2 2 "PREFIXES(s, n)" "The prefixes of at least `n` characters of each word.";
}

"Regular expressions" Scalar {
    RegexpLike "regexp_like" [] 2 2 "REGEXP_LIKE(s, pattern)" "Whether the pattern matches somewhere.";
    RegexpExtract "regexp_extract" [] 2 3 "REGEXP_EXTRACT(s, pattern[, group])" "The first match or a group of it; null without one.";
    RegexpExtractAll "regexp_extract_all" [] 2 3 "REGEXP_EXTRACT_ALL(s, pattern[, group])" "Every match, or a group of each.";
    RegexpReplace "regexp_replace" [] 2 3 "REGEXP_REPLACE(s, pattern[, by])" "Every match replaced; `\\0` to `\\9` in `by` stand for groups.";
    RegexpSplit "regexp_split" [] 2 2 "REGEXP_SPLIT(s, pattern)" "The pieces between matches.";
}

"Arrays" Scalar {
    ArrayCreate "array_create" [] 0 MANY "ARRAY_CREATE(x, ...)" "An array of the arguments.";
    ElementAt "element_at" [] 2 2 "ELEMENT_AT(x, index or key)" "An element (from 1, or from the end if negative) or a member; null if absent.";
    Cardinality "cardinality" [] 1 1 "CARDINALITY(x)" "How many elements an array or members an object has.";
    Slice "slice" [] 2 3 "SLICE(array, start[, length])" "A part of an array; `start` counts from 1, or from the end if negative.";
    ArrayConcat "array_concat" [] 1 MANY "ARRAY_CONCAT(array, ...)" "The arrays one after another.";
    ArrayContains "array_contains" [] 2 2 "ARRAY_CONTAINS(array, x)" "Whether an element equals `x`; a null `x` finds a null element.";
    ArrayContainsAny "array_contains_any" [] 2 2 "ARRAY_CONTAINS_ANY(array, array)" "Whether the arrays have an element in common.";
    ArrayPosition "array_position" [] 2 2 "ARRAY_POSITION(array, x)" "The place of the first element equal to `x`, from 1; 0 if absent.";
    ArrayLastPosition "array_last_position" [] 2 2 "ARRAY_LAST_POSITION(array, x)" "The place of the last element equal to `x`, from 1; 0 if absent.";
    ArrayRemove "array_remove" [] 2 2 "ARRAY_REMOVE(array, x)" "Without the elements equal to `x`; a null `x` removes nulls.";
    ArrayDistinct "array_distinct" [] 1 1 "ARRAY_DISTINCT(array)" "The first of equal elements.";
    ArrayUnion "array_union" [] 2 2 "ARRAY_UNION(array, array)" "The elements of either, without duplicates.";
    ArrayIntersect "array_intersect" [] 2 2 "ARRAY_INTERSECT(array, array)" "The elements of both, without duplicates.";
    ArrayExcept "array_except" [] 2 2 "ARRAY_EXCEPT(array, array)" "The elements of the first that are not in the second, without duplicates.";
    ArrayFlatten "array_flatten" ["flatten"] 1 1 "ARRAY_FLATTEN(array)" "The elements of the arrays in an array, one level down.";
    ArrayJoin "array_join" [] 2 3 "ARRAY_JOIN(array, delimiter[, null_text])" "The elements as one string; nulls are left out without `null_text`.";
    ArraySort "array_sort" [] 1 1 "ARRAY_SORT(array)" "Ascending, nulls last.";
    ArrayShuffle "array_shuffle" [] 1 1 "ARRAY_SHUFFLE(array)" "In random order.";
    ArrayMap "array_map" [] 2 2 "ARRAY_MAP(function_name, array)" "The function of that name applied to each element.";
    Sequence "sequence" [] 2 3 "SEQUENCE(start, stop[, step])" "Ints, dates or times from `start` to `stop`, both included.";
    Repeat "repeat" [] 2 2 "REPEAT(x, n)" "An array of `n` times `x`.";
}

"Objects" Scalar {
    Object "object" [] 0 2 "OBJECT(keys, values)" "An object from an array of names and an array of values.";
    Zip "zip" [] 1 1 "ZIP(entries)" "An object from an array of `[name, value]` pairs.";
    Keys "keys" [] 1 1 "KEYS(object)" "The names of the members.";
    Values "values" [] 1 1 "VALUES(object)" "The values of the members.";
    Items "items" [] 1 1 "ITEMS(object)" "The members as `[name, value]` pairs.";
    Merge "merge" [] 1 MANY "MERGE(object, ...)" "The members of all; of equal names the last wins.";
    Erase "erase" [] 2 2 "ERASE(object, name or names)" "The object without these members.";
}

"JSON" Scalar {
    JsonFormat "json_format" [] 1 1 "JSON_FORMAT(x)" "Compact JSON text.";
    JsonParse "json_parse" [] 1 1 "JSON_PARSE(s)" "The value that JSON text stands for.";
    JsonExtract "json_extract" [] 2 2 "JSON_EXTRACT(x, path)" "The value at a path such as `$.a[0].b`, of JSON text or a value.";
    JsonExtractScalar "json_extract_scalar" [] 2 2 "JSON_EXTRACT_SCALAR(x, path)" "The same as a string; null for arrays and objects.";
}

"Mathematics" Scalar {
    Abs "abs" [] 1 1 "ABS(x)" "The distance from zero; an int stays an int.";
    Sign "sign" [] 1 1 "SIGN(x)" "-1, 0 or 1.";
    Ceil "ceil" ["ceiling"] 1 1 "CEIL(x)" "The next whole number upward, as a float.";
    Floor "floor" [] 1 1 "FLOOR(x)" "The next whole number downward, as a float.";
    Round "round" [] 1 2 "ROUND(x[, decimals])" "The nearest number, halves away from zero, as a float.";
    Truncate "truncate" ["trunc"] 1 2 "TRUNCATE(x[, decimals])" "Cut toward zero, as a float.";
    Mod "mod" [] 2 2 "MOD(x, y)" "The remainder, with the sign of `x`.";
    Exp "exp" [] 1 1 "EXP(x)" "e to the power of `x`.";
    Power "power" ["pow"] 2 2 "POWER(x, y)" "`x` to the power of `y`.";
    Square "square" [] 1 1 "SQUARE(x)" "`x` times `x`, as a float.";
    Sqrt "sqrt" [] 1 1 "SQRT(x)" "The square root.";
    Ln "ln" ["log"] 1 1 "LN(x)" "The natural logarithm.";
    Log10 "log10" [] 1 1 "LOG10(x)" "The logarithm to base 10.";
    Log2 "log2" [] 1 1 "LOG2(x)" "The logarithm to base 2.";
    Acos "acos" [] 1 1 "ACOS(x)" "The arc cosine in radians.";
    Acosh "acosh" [] 1 1 "ACOSH(x)" "The inverse hyperbolic cosine.";
    Asin "asin" [] 1 1 "ASIN(x)" "The arc sine in radians.";
    Asinh "asinh" [] 1 1 "ASINH(x)" "The inverse hyperbolic sine.";
    Atan "atan" [] 1 1 "ATAN(x)" "The arc tangent in radians.";
    Atan2 "atan2" [] 2 2 "ATAN2(y, x)" "The angle of the point (x, y) in radians.";
    Atanh "atanh" [] 1 1 "ATANH(x)" "The inverse hyperbolic tangent.";
    Cos "cos" [] 1 1 "COS(x)" "The cosine of radians.";
    Cosh "cosh" [] 1 1 "COSH(x)" "The hyperbolic cosine.";
    Cot "cot" [] 1 1 "COT(x)" "The cotangent of radians.";
    Sin "sin" [] 1 1 "SIN(x)" "The sine of radians.";
    Sinh "sinh" [] 1 1 "SINH(x)" "The hyperbolic sine.";
    Tan "tan" [] 1 1 "TAN(x)" "The tangent of radians.";
    Tanh "tanh" [] 1 1 "TANH(x)" "The hyperbolic tangent.";
    Hypot "hypot" [] 2 2 "HYPOT(x, y)" "The length of the vector (x, y).";
    Degrees "degrees" [] 1 1 "DEGREES(x)" "Radians in degrees.";
    Radians "radians" [] 1 1 "RADIANS(x)" "Degrees in radians.";
    Pi "pi" [] 0 0 "PI()" "3.141592653589793.";
    Nan "nan" [] 0 0 "NAN()" "Not a number.";
    Infinity "infinity" [] 0 0 "INFINITY()" "Positive infinity.";
    IsNan "is_nan" [] 1 1 "IS_NAN(x)" "Whether it is not a number.";
    IsFinite "is_finite" [] 1 1 "IS_FINITE(x)" "Whether it is neither infinite nor NaN.";
    IsInfinite "is_infinite" [] 1 1 "IS_INFINITE(x)" "Whether it is infinite.";
    Rand "rand" ["random"] 0 0 "RAND()" "A random float from 0 up to, not including, 1; new for every row.";
    BitwiseAnd "bitwise_and" [] 2 2 "BITWISE_AND(x, y)" "The bits set in both ints.";
    BitwiseOr "bitwise_or" [] 2 2 "BITWISE_OR(x, y)" "The bits set in either int.";
    BitwiseXor "bitwise_xor" [] 2 2 "BITWISE_XOR(x, y)" "The bits set in one of two ints.";
    BitwiseNot "bitwise_not" [] 1 1 "BITWISE_NOT(x)" "The bits not set in an int.";
    BitCount "bit_count" [] 2 2 "BIT_COUNT(x, bits)" "How many bits are set in an int of that many bits, two's complement.";
}

"Hashes" Scalar {
    Md5 "md5" [] 1 1 "MD5(x)" "The MD5 hash of a string or bytes, as bytes.";
    Sha1 "sha1" [] 1 1 "SHA1(x)" "The SHA-1 hash of a string or bytes, as bytes.";
    Sha256 "sha256" [] 1 1 "SHA256(x)" "The SHA-256 hash of a string or bytes, as bytes.";
    Sha512 "sha512" [] 1 1 "SHA512(x)" "The SHA-512 hash of a string or bytes, as bytes.";
    Hash "hash" [] 2 2 "HASH(x, name)" "The hash of that name: md5, sha1, sha224, sha256, sha384 or sha512.";
    Hmac "hmac" [] 3 3 "HMAC(x, key, name)" "The keyed hash (HMAC) with the hash of that name.";
    HmacMd5 "hmac_md5" [] 2 2 "HMAC_MD5(x, key)" "The keyed hash (HMAC) with MD5.";
    HmacSha1 "hmac_sha1" [] 2 2 "HMAC_SHA1(x, key)" "The keyed hash (HMAC) with SHA-1.";
    HmacSha256 "hmac_sha256" [] 2 2 "HMAC_SHA256(x, key)" "The keyed hash (HMAC) with SHA-256.";
    HmacSha512 "hmac_sha512" [] 2 2 "HMAC_SHA512(x, key)" "The keyed hash (HMAC) with SHA-512.";
}

"Vectors" Scalar {
    DotProduct "dot_product" ["approx_dot_product"] 2 2 "DOT_PRODUCT(a, b)" "The dot product of two arrays of numbers.";
    EuclideanDist "euclidean_dist" ["approx_euclidean_dist"] 2 2 "EUCLIDEAN_DIST(a, b)" "The distance between two arrays of numbers.";
    CosineSim "cosine_sim" [] 2 2 "COSINE_SIM(a, b)" "The cosine of the angle between two arrays of numbers.";
    VectorEnforce "vector_enforce" [] 3 3 "VECTOR_ENFORCE(array, length, 'int' or 'float')" "The array if it is such a vector, else null.";
    VectorAdd "vector_add" [] 2 2 "VECTOR_ADD(a, number or array)" "The sum, element by element.";
}

"Aggregates" Aggregate {
    Count "count" [] 0 1 "COUNT(*) or COUNT(x)" "How many rows, or how many values that are not null.";
    CountIf "count_if" [] 1 1 "COUNT_IF(x)" "For how many rows it is true.";
    Sum "sum" [] 1 1 "SUM(x)" "The sum: an int if all are ints, else a float; or an interval.";
    Avg "avg" [] 1 1 "AVG(x)" "The mean as a float.";
    Min "min" [] 1 1 "MIN(x)" "The smallest value, of any type.";
    Max "max" [] 1 1 "MAX(x)" "The largest value, of any type.";
    MinBy "min_by" [] 2 2 "MIN_BY(x, y)" "The `x` of the row with the smallest `y`.";
    MaxBy "max_by" [] 2 2 "MAX_BY(x, y)" "The `x` of the row with the largest `y`.";
    Arbitrary "arbitrary" ["any_value"] 1 1 "ARBITRARY(x)" "Some value that is not null.";
    ArrayAgg "array_agg" [] 1 1 "ARRAY_AGG(x [ORDER BY ...] [LIMIT n] [OFFSET m])" "The values as an array, nulls included.";
    MapAgg "map_agg" [] 2 2 "MAP_AGG(key, value)" "An object of the keys and values; of equal keys the last wins.";
    ApproxDistinct "approx_distinct" [] 1 2 "APPROX_DISTINCT(x[, error])" "About how many different values (HyperLogLog).";
    ApproxPercentile "approx_percentile" [] 2 2 "APPROX_PERCENTILE(x, p)" "About the value below which the share `p` (0 to 1) of the values lies.";
    BoolAnd "bool_and" ["every"] 1 1 "BOOL_AND(x)" "Whether it is true for all values that are not null.";
    BoolOr "bool_or" [] 1 1 "BOOL_OR(x)" "Whether it is true for one value.";
    BitwiseAndAgg "bitwise_and_agg" [] 1 1 "BITWISE_AND_AGG(x)" "The bits set in all ints.";
    BitwiseOrAgg "bitwise_or_agg" [] 1 1 "BITWISE_OR_AGG(x)" "The bits set in some int.";
    GeometricMean "geometric_mean" [] 1 1 "GEOMETRIC_MEAN(x)" "The n-th root of the product.";
    StddevSamp "stddev_samp" ["stddev"] 1 1 "STDDEV_SAMP(x)" "The standard deviation of a sample; null for one value.";
    StddevPop "stddev_pop" [] 1 1 "STDDEV_POP(x)" "The standard deviation of a population.";
    VarSamp "var_samp" ["variance"] 1 1 "VAR_SAMP(x)" "The variance of a sample; null for one value.";
    VarPop "var_pop" [] 1 1 "VAR_POP(x)" "The variance of a population.";
}

"Window functions" Window {
    RowNumber "row_number" [] 0 0 "ROW_NUMBER() OVER (...)" "The place of the row in its partition, from 1.";
    Rank "rank" [] 0 0 "RANK() OVER (...)" "The place from 1; equal rows share one and leave a gap after it.";
    DenseRank "dense_rank" [] 0 0 "DENSE_RANK() OVER (...)" "The place from 1; equal rows share one, without gaps.";
    PercentRank "percent_rank" [] 0 0 "PERCENT_RANK() OVER (...)" "(rank - 1) / (rows - 1); NaN in a partition of one row.";
    CumeDist "cume_dist" [] 0 0 "CUME_DIST() OVER (...)" "The share of rows that are not after this one.";
    Ntile "ntile" [] 1 1 "NTILE(n) OVER (...)" "The number of the row's part when the partition is cut in `n` parts.";
    Lag "lag" [] 1 3 "LAG(x[, offset[, default]]) OVER (...)" "The value some rows before (1).";
    Lead "lead" [] 1 3 "LEAD(x[, offset[, default]]) OVER (...)" "The value some rows after (1).";
    FirstValue "first_value" [] 1 1 "FIRST_VALUE(x) OVER (...)" "The value in the first row of the frame.";
    LastValue "last_value" [] 1 1 "LAST_VALUE(x) OVER (...)" "The value in the last row of the frame.";
    NthValue "nth_value" [] 2 2 "NTH_VALUE(x, n) OVER (...)" "The value in the n-th row of the frame, from 1; null if there is none.";
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(Function::from_name("Count"), Some(Function::Count));
        assert_eq!(Function::from_name("CEILING"), Some(Function::Ceil));
        assert_eq!(Function::from_name("+"), None);
        assert_eq!(Function::from_name("no_such_function"), None);
    }

    #[test]
    fn no_name_stands_for_two_functions() {
        let mut seen = std::collections::HashSet::new();
        for &function in Function::all().iter().filter(|function| function.kind() != Kind::Operator) {
            for name in std::iter::once(&function.name()).chain(function.aliases()) {
                assert!(seen.insert(*name), "{name} is there twice");
                assert_eq!(Function::from_name(name), Some(function));
            }
        }
    }

    #[test]
    fn argument_counts() {
        assert_eq!(Function::Concat.arity(), Arity { min: 1, max: None });
        assert!(Function::Round.arity().accepts(2));
        assert!(!Function::Round.arity().accepts(3));
    }
}
