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
    let trail = text.replace(":read \t3 \t:hint 0", ":read \t3 \t7");
    assert_malformed::<Registers>(trail.as_bytes(), "8:38: expected the end of the line");
}

#[test]
fn sets_and_queues_of_jepsen() {
    let set = "[{:process 0 :type :invoke :f :add :value 1} {:process 0 :type :ok :f :add :value 1}
                {:process 0 :type :invoke :f :read} {:process 0 :type :ok :f :read :value #{1}}]";
    assert_eq!(calls::<Set<Value>>(set), ["add(1) ?", "read {1}"]);
    assert!(is_linearizable::<Set<Value>>(set));
    assert!(!is_linearizable::<Set<Value>>(&set.replace("#{1}", "#{}")));
    assert!(is_linearizable::<Set<Value>>(&set.replace("#{1}", "(1)")));
    let queue = "[{:process 0 :type :invoke :f :enqueue :value 1} {:process 0 :type :ok :f :enqueue :value 1}
                  {:process 1 :type :invoke :f :dequeue} {:process 1 :type :ok :f :dequeue :value 1}
                  {:process 1 :type :invoke :f :dequeue} {:process 1 :type :fail :f :dequeue :error :empty}]";
    assert_eq!(calls::<Queue<Value>>(queue), ["push(1) ok", "pop 1"]);
}

#[test]
fn what_is_no_text_is_refused_with_a_word_of_what_to_do() {
    assert_malformed::<Registers>(
        &[0x1f, 0x8b, 8, 0, 10],
        "1:1: expected text, found a gzip archive; unpack",
    );
    assert_malformed::<Registers>(b"PK\x03\x04", "1:1: expected text, found a zip archive");
    assert_malformed::<Registers>(&[0xff, 0xfe, b'{', 0], "1:1: expected text, found UTF-16");
    assert_malformed::<Registers>(b"{:process \xff", "1:11: expected UTF-8");
    assert_malformed::<Registers>(
        b"[{\"client\": 1}]",
        "1:1: expected a JSON object on each line, without a list",
    );
    assert_malformed::<Registers>(
        b"{:process 0 :type :invoke :f :read :value \"\\q\"}",
        "1:45: expected an escape",
    );
    assert_malformed::<Registers>(b"{:process 0 :type :invoke :f :read :value \"abc", "1:47: expected `\"`");
    assert_malformed::<Registers>(b"{:process nil :type :invoke :f :read}", "1:11: `:process` should be");
    assert_malformed::<Registers>(b"{:process 0 :type :ok :f :read :value 0}", "1:11: client 0 has no call");
}
