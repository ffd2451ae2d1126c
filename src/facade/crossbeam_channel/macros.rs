//! `select!` and `select_biased!`, over `Select`.
//!
//! What is between the braces is read case by case (`@case`), with the operations and what to do without one in
//! their own lists; then each operation is added (`@add`), and the selected one is completed (`@do`).

/// As crossbeam's own `select!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __raceproof_crossbeam_select {
    ($($cases:tt)+) => {
        $crate::__raceproof_crossbeam_cases!(@case [new] [] [] $($cases)+)
    };
}

/// As crossbeam's own `select_biased!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __raceproof_crossbeam_select_biased {
    ($($cases:tt)+) => {
        $crate::__raceproof_crossbeam_cases!(@case [new_biased] [] [] $($cases)+)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __raceproof_crossbeam_cases {
    // A block needs no comma behind it.
    (@case $new:tt $list:tt $else:tt recv($r:expr $(,)?) -> $res:pat => $body:block, $($rest:tt)*) => {
        $crate::__raceproof_crossbeam_cases!(@recv $new $list $else ($r) ($res) ($body) $($rest)*)
    };
    (@case $new:tt $list:tt $else:tt recv($r:expr $(,)?) -> $res:pat => $body:block $($rest:tt)*) => {
        $crate::__raceproof_crossbeam_cases!(@recv $new $list $else ($r) ($res) ($body) $($rest)*)
    };
    (@case $new:tt $list:tt $else:tt recv($r:expr $(,)?) -> $res:pat => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__raceproof_crossbeam_cases!(@recv $new $list $else ($r) ($res) ($body) $($($rest)*)?)
    };
    (@case $new:tt $list:tt $else:tt send($s:expr, $m:expr $(,)?) -> $res:pat => $body:block, $($rest:tt)*) => {
        $crate::__raceproof_crossbeam_cases!(@send $new $list $else ($s, $m) ($res) ($body) $($rest)*)
    };
    (@case $new:tt $list:tt $else:tt send($s:expr, $m:expr $(,)?) -> $res:pat => $body:block $($rest:tt)*) => {
        $crate::__raceproof_crossbeam_cases!(@send $new $list $else ($s, $m) ($res) ($body) $($rest)*)
    };
    (@case $new:tt $list:tt $else:tt send($s:expr, $m:expr $(,)?) -> $res:pat => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__raceproof_crossbeam_cases!(@send $new $list $else ($s, $m) ($res) ($body) $($($rest)*)?)
    };
    (@case $new:tt $list:tt [] default => $($rest:tt)*) => {
        $crate::__raceproof_crossbeam_cases!(@case $new $list [] default() => $($rest)*)
    };
    (@case $new:tt $list:tt [] default($($time:expr)? $(,)?) => $body:block, $($rest:tt)*) => {
        $crate::__raceproof_crossbeam_cases!(@case $new $list [($($time)?) ($body)] $($rest)*)
    };
    (@case $new:tt $list:tt [] default($($time:expr)? $(,)?) => $body:block $($rest:tt)*) => {
        $crate::__raceproof_crossbeam_cases!(@case $new $list [($($time)?) ($body)] $($rest)*)
    };
    (@case $new:tt $list:tt [] default($($time:expr)? $(,)?) => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__raceproof_crossbeam_cases!(@case $new $list [($($time)?) ($body)] $($($rest)*)?)
    };
    (@recv $new:tt [$($list:tt)*] $else:tt $r:tt $res:tt $body:tt $($rest:tt)*) => {
        $crate::__raceproof_crossbeam_cases!(@case $new [$($list)* (recv $r $res $body)] $else $($rest)*)
    };
    (@send $new:tt [$($list:tt)*] $else:tt $send:tt $res:tt $body:tt $($rest:tt)*) => {
        $crate::__raceproof_crossbeam_cases!(@case $new [$($list)* (send $send $res $body)] $else $($rest)*)
    };
    (@case [$new:ident] $list:tt $else:tt) => {{
        let mut _select = $crate::crossbeam_channel::Select::$new();
        $crate::__raceproof_crossbeam_cases!(@add _select $list [] $else)
    }};
    (@case $($rest:tt)*) => {
        compile_error!("expected `recv(r) -> res => ..`, `send(s, m) -> res => ..`, or one `default => ..`")
    };

    // The operations are added in their order, and their numbers are those of the list.
    (@add $select:ident [(recv ($r:expr) $res:tt $body:tt) $($list:tt)*] [$($done:tt)*] $else:tt) => {
        match $r {
            ref _of => {
                let _of: &$crate::crossbeam_channel::Receiver<_> = _of;
                let _index = $select.recv(_of);
                $crate::__raceproof_crossbeam_cases!(
                    @add $select [$($list)*] [$($done)* (recv _index _of $res $body)] $else
                )
            }
        }
    };
    (@add $select:ident [(send ($s:expr, $m:expr) $res:tt $body:tt) $($list:tt)*] [$($done:tt)*] $else:tt) => {
        match $s {
            ref _of => {
                let _of: &$crate::crossbeam_channel::Sender<_> = _of;
                let _index = $select.send(_of);
                $crate::__raceproof_crossbeam_cases!(
                    @add $select [$($list)*] [$($done)* (send _index _of ($m) $res $body)] $else
                )
            }
        }
    };
    (@add $select:ident [] $done:tt []) => {{
        let _selected = $select.select();
        $crate::__raceproof_crossbeam_cases!(@do _selected $done)
    }};
    (@add $select:ident [] $done:tt [() ($body:expr)]) => {
        match $select.try_select() {
            Ok(_selected) => $crate::__raceproof_crossbeam_cases!(@do _selected $done),
            Err(_) => $body,
        }
    };
    (@add $select:ident [] $done:tt [($time:expr) ($body:expr)]) => {
        match $select.select_timeout($time) {
            Ok(_selected) => $crate::__raceproof_crossbeam_cases!(@do _selected $done),
            Err(_) => $body,
        }
    };

    (@do $selected:ident [(recv $index:ident $of:ident ($res:pat) ($body:expr)) $($done:tt)*]) => {
        if $selected.index() == $index {
            let $res = $selected.recv($of);
            $body
        } else {
            $crate::__raceproof_crossbeam_cases!(@do $selected [$($done)*])
        }
    };
    (@do $selected:ident [(send $index:ident $of:ident ($m:expr) ($res:pat) ($body:expr)) $($done:tt)*]) => {
        if $selected.index() == $index {
            let $res = $selected.send($of, $m);
            $body
        } else {
            $crate::__raceproof_crossbeam_cases!(@do $selected [$($done)*])
        }
    };
    (@do $selected:ident []) => {
        unreachable!("one of the operations was selected")
    };
}
