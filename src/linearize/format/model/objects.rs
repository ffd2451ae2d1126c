//! Sets, queues, stacks, locks, semaphores and limiters.

use super::{Asked, Expected, Model, count, should, truth};
use crate::linearize::format::{Format, Value};
use crate::spec::limiter::{self, Limiter};
use crate::spec::lock::{self, Lock};
use crate::spec::queue::{self, Queue};
use crate::spec::semaphore::{self, Semaphore};
use crate::spec::set::{self, Set};
use crate::spec::stack::Stack;
use std::collections::BTreeSet;

/// The elements at first: none, or a list.
fn elements<C: FromIterator<Value>>(said: Option<&Value>) -> Result<C, String> {
    match said {
        None | Some(Value::Nil) => Ok(C::from_iter([])),
        Some(Value::List(elements)) => Ok(elements.iter().cloned().collect()),
        Some(found) => Err(should("a list such as [1 2]", found)),
    }
}

impl Model for Set<Value> {
    fn initial(said: Option<&Value>, _format: Format) -> Result<Self, String> {
        elements(said).map(Self)
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        match asked.op {
            "add" | "insert" => Ok(set::Op::Add(asked.value.clone())),
            "remove" => Ok(set::Op::Remove(asked.value.clone())),
            "contains" => Ok(set::Op::Contains(asked.value.clone())),
            "read" => Ok(set::Op::Read),
            _ => Err(Expected::Op("add, remove, contains or read")),
        }
    }

    fn ret(op: &Self::Op, value: &Value, _format: Format) -> Result<Option<Self::Ret>, String> {
        match (op, value) {
            (set::Op::Read, Value::Nil) => Ok(None),
            (set::Op::Read, Value::List(elements)) => {
                Ok(Some(set::Ret::Elements(elements.iter().cloned().collect::<BTreeSet<_>>())))
            }
            (set::Op::Read, found) => Err(should("a list of elements", found)),
            // Other histories repeat the element here, which says nothing.
            (_, value) => Ok(truth(value, set::Ret::Yes, set::Ret::No)),
        }
    }
}

impl Model for Queue<Value> {
    fn initial(said: Option<&Value>, _format: Format) -> Result<Self, String> {
        elements(said).map(Self)
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        match asked.op {
            "push" | "enqueue" | "send" => Ok(queue::Op::Push(asked.value.clone())),
            "pop" | "dequeue" | "recv" => Ok(queue::Op::Pop),
            _ => Err(Expected::Op("push or pop")),
        }
    }

    fn ret(op: &Self::Op, value: &Value, _format: Format) -> Result<Option<Self::Ret>, String> {
        Ok(Some(match (op, value) {
            (queue::Op::Push(_), _) => queue::Ret::Done,
            (queue::Op::Pop, Value::Nil) => queue::Ret::Popped(None),
            (queue::Op::Pop, value) => queue::Ret::Popped(Some(value.clone())),
        }))
    }
}

impl Model for Stack<Value> {
    fn initial(said: Option<&Value>, _format: Format) -> Result<Self, String> {
        elements(said).map(Self)
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        <Queue<Value> as Model>::op(asked)
    }

    fn ret(op: &Self::Op, value: &Value, format: Format) -> Result<Option<Self::Ret>, String> {
        <Queue<Value> as Model>::ret(op, value, format)
    }
}

impl Model for Lock<Value> {
    fn initial(said: Option<&Value>, _format: Format) -> Result<Self, String> {
        Ok(Self(said.filter(|owner| **owner != Value::Nil).cloned()))
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        let owner = if *asked.value == Value::Nil { asked.client } else { asked.value };
        match asked.op {
            "acquire" | "lock" => Ok(lock::Op::Acquire(owner.clone())),
            "release" | "unlock" => Ok(lock::Op::Release(owner.clone())),
            "expire" => Ok(lock::Op::Expire),
            "holder" | "read" => Ok(lock::Op::Holder),
            _ => Err(Expected::Op("acquire, release, expire or holder")),
        }
    }

    fn ret(op: &Self::Op, value: &Value, _format: Format) -> Result<Option<Self::Ret>, String> {
        Ok(Some(match (op, value) {
            (lock::Op::Holder, Value::Nil) => lock::Ret::Holder(None),
            (lock::Op::Holder, owner) => lock::Ret::Holder(Some(owner.clone())),
            (_, Value::Bool(false)) => lock::Ret::No,
            _ => lock::Ret::Yes,
        }))
    }
}

impl Model for Semaphore {
    fn initial(said: Option<&Value>, _format: Format) -> Result<Self, String> {
        said.map_or(Ok(1), |said| count(said, None)).map(Self::new)
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        let permits = || count(asked.value, Some(1)).map_err(Expected::Value);
        match asked.op {
            "acquire" | "lock" => Ok(semaphore::Op::Acquire(permits()?)),
            "release" | "unlock" => Ok(semaphore::Op::Release(permits()?)),
            "free" | "read" => Ok(semaphore::Op::Free),
            _ => Err(Expected::Op("acquire, release or free")),
        }
    }

    fn ret(op: &Self::Op, value: &Value, _format: Format) -> Result<Option<Self::Ret>, String> {
        Ok(match (op, value) {
            (semaphore::Op::Free, Value::Nil) => None,
            (semaphore::Op::Free, value) => Some(semaphore::Ret::Free(count(value, None)?)),
            (_, Value::Bool(false)) => Some(semaphore::Ret::No),
            _ => Some(semaphore::Ret::Yes),
        })
    }
}

impl Model for Limiter {
    fn initial(said: Option<&Value>, _format: Format) -> Result<Self, String> {
        said.map_or(Ok(1), |said| count(said, None)).map(Self::new)
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        match asked.op {
            "admit" => Ok(limiter::Op::Admit),
            "tick" => Ok(limiter::Op::Tick),
            "left" | "read" => Ok(limiter::Op::Left),
            _ => Err(Expected::Op("admit, tick or left")),
        }
    }

    fn ret(op: &Self::Op, value: &Value, _format: Format) -> Result<Option<Self::Ret>, String> {
        Ok(match (op, value) {
            (limiter::Op::Left, Value::Nil) => None,
            (limiter::Op::Left, value) => Some(limiter::Ret::Left(count(value, None)?)),
            (_, Value::Bool(false)) => Some(limiter::Ret::No),
            _ => Some(limiter::Ret::Yes),
        })
    }
}
