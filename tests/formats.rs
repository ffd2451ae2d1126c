//! Histories as other tools really write them.

use raceproof::linearize::format::{Format, Model, ReadError, Recording, Value};
use raceproof::linearize::{Limits, Outcome, check};
use raceproof::spec::cas_register::CasRegister;
use raceproof::spec::keyed::Keyed;
use raceproof::spec::queue::Queue;
use raceproof::spec::register::Register;
use raceproof::spec::set::Set;

type Registers = Keyed<Value, CasRegister<Value>>;

fn read<M: Model>(text: &str) -> Recording<M> {
    Recording::read(None, text.as_bytes()).unwrap_or_else(|error| panic!("{error:?} of {text}"))
}

/// The calls as text, in the order of their invocations; `...` never returned.
fn calls<M: Model>(text: &str) -> Vec<String> {
    let of = |call: &raceproof::linearize::Call<M>| {
        let ret = match (&call.ret, call.returned) {
            (Some(ret), _) => M::ret_text(ret),
            (None, Some(_)) => "?".to_owned(),
            (None, None) => "...".to_owned(),
        };
        format!("{} {ret}", M::label(&call.op))
    };
    read::<M>(text).history.calls().iter().map(of).collect()
}

fn is_linearizable<M: Model>(text: &str) -> bool {
    let recording = read::<M>(text);
    let initial = M::initial(None, recording.format.expect("there is a line")).expect("there is a default");
    match check(&initial, &recording.history, Limits::default()) {
        Outcome::Linearizable(_) => true,
        Outcome::Violation(_) => false,
        Outcome::Undecided(reached) => panic!("{reached:?}"),
    }
}

#[track_caller]
fn assert_malformed<M: Model>(text: &[u8], expected: &str) {
    match Recording::<M>::read(None, text) {
        Err(ReadError::Malformed(malformed)) => {
            assert!(malformed.to_string().starts_with(expected), "{malformed}, not {expected}");
        }
        Err(error) => panic!("{error:?}"),
        Ok(recording) => panic!("it was read: {recording:?}"),
    }
}

const WRITE_READ: [&str; 2] = ["write(3) ok", "read 3"];

#[test]
fn records_of_jepsens_history_are_maps_with_a_tag() {
    let text = "\
#jepsen.history.Op{:index 0, :time 301, :type :invoke, :process 0, :f :write, :value 3}
#jepsen.history.Op{:index 1, :time 302, :type :ok, :process 0, :f :write, :value 3}
#jepsen.history.Op{:index 2, :time 303, :type :info, :process :nemesis, :f :start, :value nil}
#jepsen.history.Op{:index 3, :time 304, :type :info, :process :nemesis, :f :start, :value {\"n1\" #{\"n2\"}}}
#jepsen.history.Op{:index 4, :time 305, :type :invoke, :process 1, :f :read, :value nil}
#jepsen.history.Op{:index 5, :time 306, :type :ok, :process 1, :f :read, :value 3}
";
    assert_eq!(calls::<Register<Value>>(text), WRITE_READ);
    assert_eq!(calls::<Register<Value>>(&format!("[{text}]")), WRITE_READ);
    assert_eq!(calls::<Register<Value>>(&text.replace("#jepsen.history.Op", "#:jepsen")), WRITE_READ);
    assert_eq!(calls::<Register<Value>>(&text.replace(":f :", ":f :register/")), WRITE_READ);
    assert_eq!(calls::<Register<Value>>(&text.replace(":f :write", ":f \"write\"")), WRITE_READ);
}

#[test]
fn lines_may_end_as_on_windows_and_begin_with_a_mark() {
    let edn = "{:process 0 :type :invoke :f :write :value 3}\n\n{:process 0 :type :ok :f :write}\n\
               {:process 1 :type :invoke :f :read}\n{:process 1 :type :ok :f :read :value 3}\n";
    let jepsen = "0\t:invoke\t:write\t3\n0\t:ok\t:write\t3\n\n1\t:invoke\t:read\tnil\n1\t:ok\t:read\t3\n";
    let json = "{\"client\":0,\"type\":\"invoke\",\"op\":\"write\",\"value\":3}\n{\"client\":0,\"type\":\"ok\"}\n\
                {\"client\":1,\"type\":\"invoke\",\"op\":\"read\"}\n\n{\"client\":1,\"type\":\"ok\",\"value\":3}\n";
    let two_lines = "{:process 0 :type :invoke :f :write :value \"a\r\n\r\nb\"}\r\n";
    assert_eq!(calls::<Register<Value>>(two_lines), ["write(a\n\nb) ..."]);
    assert_malformed::<Registers>(two_lines.replace("b\"", "b\" :c").as_bytes(), "3:6: expected a value");
    for text in [edn, jepsen, json] {
        for text in [text.to_owned(), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
            assert_eq!(calls::<Register<Value>>(&text), WRITE_READ);
            assert_eq!(calls::<Register<Value>>(&format!("\u{feff}{text}")), WRITE_READ);
            assert_eq!(calls::<Register<Value>>(&format!("\n  \n{text}\n\n")), WRITE_READ);
        }
    }
}

#[test]
fn errors_beside_the_events_say_nothing() {
    let text = r#"
; A mongodb test, with errors as they come.
[{:process 0, :type :invoke, :f :write, :value 3, :time 12345678901234567890N, :error nil}
 {:process 0, :type :ok, :f :write, :value 3, :latency 1.5, :ratio 2/3, :char \), :nan ##NaN}
 {:process 2, :type :invoke, :f :cas, :value [3 9]}
 {:process 2, :type :info, :f :cas, :value [3 9],
  :error "timed
out \"here\" \u00e9 \\"}
 {:process 5, :type :info, :f :crashed, :value nil}
 {:process 3, :type :invoke, :f :read, :value nil}
 {:process 3, :type :fail, :f :read, :value nil, :error [:unavailable #error {:cause "x" :via [{:type java.io.IOException}]}]}
 {:process 1, :type :invoke, :f :read, :value 3},
 {:process 1, :type :ok, :f :read, :value 3, :at #inst "2014-07-05T00:00:00.000-00:00"}]"#;
    assert_eq!(calls::<Registers>(text), ["write(3) ok", "cas(3, 9) ...", "read 3"]);
    assert!(is_linearizable::<Registers>(text));
}

#[test]
fn keys_may_stand_in_the_values() {
    let text = "\
{:process 9 :type :invoke :f :write :value [:a 1]}
{:process 0 :type :invoke :f :read :value [:a nil]}
{:process 0 :type :ok :f :read :value [:a 1]}
{:process 1 :type :invoke :f :read :value [:b nil]}
{:process 1 :type :ok :f :read :value [:b 0]}
{:process 2 :type :invoke :f :cas :value [:a [1 2]]}
{:process 2 :type :info :f :cas :value [:a [1 2]] :error :timeout}
{:process 9 :type :info :f :write :value :timed-out}
";
    assert_eq!(calls::<Registers>(text), ["a.write(1) ...", "a.read 1", "b.read 0", "a.cas(1, 2) ..."]);
    assert!(is_linearizable::<Registers>(text));
    assert!(!is_linearizable::<Registers>(&text.replace("[:b 0]", "[:b 1]")), "it is the other's value");
    let jepsen = "0\t:invoke\t:read\t[7 nil]\n0\t:ok\t:read\t[7 nil]\n\
                  1\t:invoke\t:cas\t[7 [1 2]]\n1\t:fail\t:cas\t[7 [1 2]]\n";
    assert_eq!(calls::<Registers>(jepsen), ["7.read nil", "7.cas(1, 2) mismatch"]);
    let cas = "{:process 0 :type :invoke :f :write :value [7 1]}{:process 0 :type :info :value :timeout}
               {:process 1 :type :invoke :f :cas :value [7 [1 2]]}{:process 1 :type :ok :value [7 [1 2]]}";
    assert_eq!(calls::<Registers>(cas), ["7.write(1) ...", "7.cas(1, 2) ok"]);
    // Such a compare-and-set that failed did not happen, but in Jepsen's log.
    assert_eq!(calls::<Registers>(&cas.replace("1 :type :ok", "1 :type :fail")), ["7.write(1) ..."]);
    let read = "{:process 0 :type :invoke :f :read :value [7 nil]}{:process 0 :type :ok :value [7 3]}";
    assert_eq!(calls::<Registers>(read), ["7.read 3"]);
    for (other, expected) in [
        (read.replace("[7 nil]", "[7 2]"), "read [7 3]"),
        (read.replace(":read :value [7 nil]", ":read :key 5 :value [7 nil]"), "5.read [7 3]"),
        (
            "{\"client\":1,\"type\":\"invoke\",\"op\":\"read\",\"value\":[7,null]}\n\
             {\"client\":1,\"type\":\"ok\",\"op\":null,\"value\":[7,3]}"
                .to_owned(),
            "read [7 3]",
        ),
    ] {
        assert_eq!(calls::<Registers>(&other), [expected]);
    }
    // Without a sign of it, values are values.
    let plain = "{:process 0 :type :invoke :f :write :value [1 2]}\n{:process 0 :type :ok :f :write}\n\
                 {:process 0 :type :invoke :f :read :value nil}\n{:process 0 :type :ok :f :read :value [1 2]}";
    assert_eq!(calls::<Registers>(plain), ["write([1 2]) ok", "read [1 2]"]);
    assert_malformed::<Registers>(
        text.replace(":read :value [:b nil]", ":read :value nil").as_bytes(),
        "4:43: the value should be a key and a value",
    );
    assert_malformed::<Registers>(
        text.replace(":ok :f :read :value [:b 0]", ":ok :f :read :value [:c 0]").as_bytes(),
        "5:39: expected the end of the call of line 4, read on b, found c",
    );
}

#[test]
fn jepsens_history_may_stand_between_other_lines_of_its_log() {
    let text = "\
2018-10-22 23:25:53,229{GMT}\tINFO\t[main] jepsen.core: Running test: {:nodes [n1 n2]}
2018-10-22 23:25:54,100{GMT}\tINFO\t[jepsen worker 0] jepsen.util: 0\t:invoke\t:write\t3
2018-10-22 23:25:54,101{GMT}\tINFO\t[jepsen nemesis] jepsen.util: :nemesis\t:info\t:start\t{\"n1\" #object[x
INFO [2018-10-22 23:25:54,102] jepsen worker 0 - jepsen.util 0\t:ok\t:write\t3
INFO [2018-10-22 23:25:54,102] main - jepsen.core Waiting for workers
WARN [2018-10-22 23:25:54,103] jepsen worker 1 - jepsen.core oh no
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 1 \t:ok :read \t3 \t:hint 0
INFO  jepsen.util - 2 :invoke :cas [3 4]
INFO  jepsen.util - 2 :info :cas [3 4] :timed-out
INFO  jepsen.util - 3 :invoke :write 5
INFO  jepsen.util - 3 :fail :write 5 java.net.ConnectException: (refused
INFO  jepsen.util - 4 :invoke :cas [9 4]
INFO  jepsen.util - 4 :fail :cas [9 4] :unavailable
INFO  jepsen.util - 5 :invoke :cas [8 4]
INFO  jepsen.util - 5 :fail :cas [8 4]
";
    let found = calls::<Registers>(text);
    assert_eq!(found, ["write(3) ok", "read 3", "cas(3, 4) ...", "cas(8, 4) mismatch"]);
    assert_eq!(read::<Registers>(text).format, Some(Format::Jepsen));
    let elsewhere = text.replace("INFO  jepsen.util - ", "INFO  elle.history - ");
    assert_eq!(calls::<Registers>(&elsewhere), found);
    let trail = text.replace(":read \t3 \t:hint 0", ":read \t3 \t7");
    assert_malformed::<Registers>(trail.as_bytes(), "8:38: expected the end of the line");
    // Columns are those of letters.
    let name = "INFO [wörker] jepsen.util - x\t:invoke\t:read\tnil\n";
    assert_malformed::<Registers>(name.as_bytes(), "1:29: expected the number of a process, found `x`");
    assert_malformed::<Registers>(
        "0 :invoke :read nil\nINFO wö".as_bytes(),
        "2:8: expected the end of this line",
    );
    assert_eq!(calls::<Registers>(&text.replace(":read", ":register/read")), found);
}

#[test]
fn sets_and_queues_of_jepsen() {
    let set = "[{:process 0 :type :invoke :f :add :value 1} {:process 0 :type :ok :f :add :value 1}
                {:process 0 :type :invoke :f :read} {:process 0 :type :ok :f :read :value #{1}}]";
    assert_eq!(calls::<Set<Value>>(set), ["add(1) ?", "read {1}"]);
    assert!(is_linearizable::<Set<Value>>(set));
    assert!(!is_linearizable::<Set<Value>>(&set.replace("#{1}", "#{}")));
    assert!(is_linearizable::<Set<Value>>(&set.replace("#{1}", "(1)")));
    assert!(is_same(Format::Edn, "#{2 1}", "#{1 2}") && !is_same(Format::Edn, "[2 1]", "[1 2]"));
    let queue = "[{:process 0 :type :invoke :f :enqueue :value 1} {:process 0 :type :ok :f :enqueue :value 1}
                  {:process 1 :type :invoke :f :dequeue} {:process 1 :type :ok :f :dequeue :value 1}
                  {:process 1 :type :invoke :f :dequeue} {:process 1 :type :fail :f :dequeue :error :empty}]";
    assert_eq!(calls::<Queue<Value>>(queue), ["push(1) ok", "pop 1"]);
}

/// Whether a read that answers `read` sees what `written` wrote.
fn is_same(format: Format, written: &str, read: &str) -> bool {
    let text = match format {
        Format::Edn => format!(
            "{{:process 0 :type :invoke :f :write :value {written}}}{{:process 0 :type :ok}}
             {{:process 0 :type :invoke :f :read}}{{:process 0 :type :ok :value {read}}}"
        ),
        Format::Jepsen => {
            format!("0 :invoke :write {written}\n0 :ok :write 0\n0 :invoke :read nil\n0 :ok :read {read}\n")
        }
        Format::Json => format!(
            r#"{{"client": 0, "type": "invoke", "op": "write", "value": {written}}}
               {{"client": 0, "type": "ok"}}
               {{"client": 0, "type": "invoke", "op": "read"}}
               {{"client": 0, "type": "ok", "value": {read}}}"#
        ),
    };
    is_linearizable::<Register<Value>>(&text)
}

/// In every format.
fn are_same(written: &str, read: &str) -> [bool; 3] {
    [Format::Edn, Format::Jepsen, Format::Json].map(|format| is_same(format, written, read))
}

#[test]
fn a_number_is_what_it_is_worth() {
    for (one, two) in [
        ("1", "1.0"),
        ("1", "10e-1"),
        ("-1200", "-1.2E3"),
        ("0", "-0.0"),
        ("0", "0e40"),
        ("1.5", "1.50"),
        ("0.05", "5e-2"),
        ("1e30", "10.0e+29"),
        ("1e-30", "0.01e-28"),
        ("18446744073709551617", "1844674407370955161.7e1"),
        ("[1,1.0]", "[1.0,1]"),
    ] {
        assert_eq!(are_same(one, two), [true; 3], "{one} {two}");
    }
    for (one, two) in [
        ("1", "-1"),
        ("1", "10"),
        ("1.5", "15"),
        ("1.5", "1.05"),
        ("0.5", "0.05"),
        ("1e30", "1e31"),
        ("1e30", "-1e30"),
        ("1", "\"1\""),
        ("1.5", "\"1.5\""),
        // The same to a computer that keeps 53 bits of them.
        ("18446744073709551617", "18446744073709551618"),
        ("0.1", "0.10000000000000000001"),
        ("1e999", "1e998"),
        ("[18446744073709551617]", "[18446744073709551618]"),
    ] {
        assert_eq!(are_same(one, two), [false; 3], "{one} {two}");
    }
    let shown = |text: &str| calls::<Register<Value>>(&format!("0 :invoke :write {text}"));
    for (text, expected) in [
        ("1.50", "1.5"),
        ("-5e-2", "-0.05"),
        ("120e2", "12000"),
        ("1e40", "1e40"),
        ("7N", "7"),
        ("1.5M", "1.5"),
    ] {
        assert_eq!(shown(text), [format!("write({expected}) ...")], "{text}");
    }
    // These are none.
    for text in ["-", "1e", "1e1e1", ".5", "1.2.3", "0x10", "2/3", "1NM"] {
        assert_eq!(shown(text), [format!("write({text}) ...")]);
    }
}

#[test]
fn lists_are_looked_into_as_deep_as_any_history_has_them() {
    let deep = |n: usize, number: &str| format!("{}{number}{}", "[".repeat(n), "]".repeat(n));
    assert_eq!(are_same(&deep(64, "1"), &deep(64, "1.0")), [true; 3]);
    assert!(is_same(Format::Json, &deep(65, "1"), &deep(65, "1")));
    assert!(!is_same(Format::Json, &deep(65, "1"), &deep(65, "1.0")), "this deep it stays as written");
    let maps = |n: usize, number: &str| format!("{}{number}{}", "{\"a\":".repeat(n), "}".repeat(n));
    assert!(is_same(Format::Json, &maps(64, "1"), &maps(64, "1.0")));
    assert!(!is_same(Format::Json, &maps(65, "1"), &maps(65, "1.0")));
}

#[test]
fn truths_and_characters_of_edn_are_values() {
    for (one, two) in [("true", "false"), ("true", "\"true\""), ("[\\( 1]", "[\\) 1]"), ("\\a", "\\b")] {
        assert!(is_same(Format::Edn, one, one) && !is_same(Format::Edn, one, two), "{one} {two}");
    }
    let contains = "{:process 0 :type :invoke :f :contains :value 1}{:process 0 :type :ok :value false}";
    assert!(is_linearizable::<Set<Value>>(contains));
    assert!(!is_linearizable::<Set<Value>>(&contains.replace("false", "true")));
}

#[test]
fn a_map_is_the_same_in_any_order_of_its_keys() {
    let edn = |one: &str, two: &str| is_same(Format::Edn, one, two);
    assert!(edn("{:a 1 :b [2 {:c 3, :d 4}]}", "{:b [2 {:d 4.0 :c 3}] :a 1}"));
    for (one, two) in [
        ("{:a 1 :b 2}", "{:a 2 :b 1}"),
        ("{:a [\"x y\"]}", "{:a [\"x\" \"y\"]}"),
        ("{:a [1]}", "{:a [\"1\"]}"),
        ("{:a :b}", "{:a \"b\"}"),
        ("{:a :b}", "{:a b}"),
        ("{:a [:b]}", "{:a [b]}"),
        ("{:a [1 2]}", "{:a [[1 2]]}"),
    ] {
        assert!(!edn(one, two), "{one} {two}");
    }
    let json = |one: &str, two: &str| is_same(Format::Json, one, two);
    assert!(json("{\"a\": 1, \"b\": [2]}", "{\"b\":[2.0],\"a\":1}"));
    assert!(!json("{\"a\": 1, \"b\": [2]}", "{\"a\":1,\"b\":2}"));
    assert!(!json("{\"a\": 18446744073709551617}", "{\"a\": 18446744073709551618}"));
    assert_malformed::<Registers>(
        b"{:process 0 :type :invoke :f :write :value {:a}}",
        "1:47: expected a value",
    );
}

#[test]
fn escapes_are_what_they_stand_for() {
    let text = r#"{:process 0 :type :invoke :f :write :value "\n\t\r\b\f\"\\\'\u00e9\u20ac."}"#;
    let recording = read::<Register<Value>>(text);
    let expected = Value::Text("\n\t\r\u{8}\u{c}\"\\'é€.".to_owned());
    assert_eq!(recording.history.calls()[0].op, raceproof::spec::register::Op::Write(expected));
    assert_malformed::<Registers>(text.replace("20ac", "d800").as_bytes(), "1:68: expected an escape");
}

#[test]
fn forms_may_be_left_out() {
    let write = "{:process 0 :type :invoke :f :write :value 3}";
    for out in ["#_{:a [1 2]}", "#_9 ", "#_ \"a\"", "#_ #_ a b ", "#_ #a [1] ", &"#_ a ".repeat(100)] {
        assert_eq!(calls::<Register<Value>>(&format!("{out}{write}")), ["write(3) ..."], "{out}");
        assert_eq!(calls::<Register<Value>>(&format!("[{write}{out}]")), ["write(3) ..."], "{out}");
        let within = write.replace(":f ", &format!("{out}:f {out}"));
        assert_eq!(calls::<Register<Value>>(&within), ["write(3) ..."], "{out}");
    }
    let piled = |n: usize| format!("{}{}{write}", "#_ ".repeat(n), "a ".repeat(n));
    assert_eq!(calls::<Register<Value>>(&piled(64)), ["write(3) ..."]);
    assert_malformed::<Registers>(piled(65).as_bytes(), "1:195: expected fewer `#_`");
    assert_malformed::<Registers>(b"[; nothing", "1:11: expected another map");
    assert_malformed::<Registers>(
        b"{:process 0 :type :invoke :f :write :value [1 #a]}",
        "1:49: expected a value behind the tag, found `]`",
    );
    let nested = |open: &str, close: &str, n: usize| {
        write.replace('3', &format!("{}7{}", open.repeat(n), close.repeat(n)))
    };
    for (open, close, column) in [("[", "]", 109), ("(", ")", 109), ("#{", "}", 174), ("{7 ", "}", 237)] {
        assert_eq!(calls::<Register<Value>>(&nested(open, close, 64)).len(), 1, "{open}");
        let expected = format!("1:{column}: expected a value that is less nested, found `7`");
        assert_malformed::<Registers>(nested(open, close, 65).as_bytes(), &expected);
    }
}

#[test]
fn what_is_no_text_is_refused_with_a_word_of_what_to_do() {
    assert_malformed::<Registers>(
        &[0x1f, 0x8b, 8, 0, 10],
        "1:1: expected text, found a gzip archive; unpack",
    );
    assert_malformed::<Registers>(b"PK\x03\x04", "1:1: expected text, found a zip archive");
    assert_malformed::<Registers>(b"BZh9", "1:1: expected text, found a bzip2 archive");
    assert_malformed::<Registers>(&[0x28, 0xb5, 0x2f, 0xfd, 0], "1:1: expected text, found a zstd archive");
    assert_malformed::<Registers>(&[0xfe, 0xff, 0, b'{'], "1:1: expected text, found UTF-16");
    assert_malformed::<Registers>(&[0xff, 0xfe, b'{', 0], "1:1: expected text, found UTF-16");
    assert_malformed::<Registers>(b"{:process \xff", "1:11: expected UTF-8");
    assert_malformed::<Registers>(b"{:process \"\xc3\xa4\xff", "1:13: expected UTF-8");
    assert_malformed::<Registers>(
        b"[{\"client\": 1}]",
        "1:1: expected a JSON object on each line, without a list",
    );
    assert_malformed::<Registers>(
        b"{:process 0 :type :invoke :f :read :value \"\\q\"}",
        "1:45: expected an escape",
    );
    assert_malformed::<Registers>(b"{:process 0 :type :invoke :f :read :value \"abc", "1:47: expected `\"`");
    assert_malformed::<Registers>(
        b"{:process 0 :type :invoke :f :/}",
        "1:30: expected the operation read, write or cas, found /",
    );
    assert_malformed::<Registers>(b"{:process nil :type :invoke :f :read}", "1:11: `:process` should be");
    assert_malformed::<Registers>(b"{:process 0 :type :ok :f :read :value 0}", "1:11: client 0 has no call");
}
