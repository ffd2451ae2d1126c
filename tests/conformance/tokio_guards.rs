//! What tokio's documentation promises of guards of a part of what a lock guards, and of guards that read what they
//! wrote.

use crate::Loom;
use crate::tokio_sync::check;
use raceproof::sync::Arc;
use raceproof::tokio;
use raceproof::tokio::sync::{
    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedRwLockMappedWriteGuard,
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockMappedWriteGuard, RwLockReadGuard,
    RwLockWriteGuard,
};
use raceproof::tokio::task::yield_now;

type Pair = (i32, [i32; 2]);

const NEW: Pair = (0, [0, 0]);

/// Whoever holds the lock while another does `half`, and the other half of it later, sees none of it or all.
async fn nobody_sees_half(
    lock: Arc<Mutex<Pair>>,
    does: impl Future<Output = ()> + Send + 'static,
    done: [i32; 2],
) {
    let does = tokio::spawn(does);
    let seen = lock.lock().await.1;
    assert!(seen == [0, 0] || seen == done, "{seen:?}");
    does.await.unwrap();
    assert_eq!(lock.lock().await.1, done);
}

#[test]
fn mutex_guard_map_holds_the_lock_as_long_as_the_part_is_held() {
    check(Loom::Too, async || {
        let lock = Arc::new(Mutex::new(NEW));
        let other = Arc::clone(&lock);
        let adds = async move {
            let mut part = MutexGuard::map(other.lock().await, |pair| &mut pair.1);
            part[0] += 1;
            yield_now().await;
            let mut part = MappedMutexGuard::map(part, |pair| &mut pair[1]);
            *part += 1;
        };
        nobody_sees_half(lock, adds, [1, 1]).await;
    });
}

#[test]
fn owned_mutex_guard_map_holds_the_lock_as_long_as_the_part_is_held() {
    check(Loom::Too, async || {
        let lock = Arc::new(Mutex::new(NEW));
        let other = Arc::clone(&lock);
        let adds = async move {
            let mut part = OwnedMutexGuard::map(other.lock_owned().await, |pair| &mut pair.1);
            part[0] += 1;
            yield_now().await;
            let mut part = OwnedMappedMutexGuard::map(part, |pair| &mut pair[1]);
            *part += 1;
        };
        nobody_sees_half(lock, adds, [1, 1]).await;
    });
}

#[test]
fn mutex_guard_try_map_returns_the_original_guard_if_there_is_no_part() {
    check(Loom::Too, async || {
        let lock = Arc::new(Mutex::new(NEW));
        let other = Arc::clone(&lock);
        let adds = async move {
            let whole = MutexGuard::try_map(other.lock().await, |_| None::<&mut i32>).unwrap_err();
            let mut part = MutexGuard::try_map(whole, |pair| Some(&mut pair.1)).unwrap();
            part[0] += 1;
            yield_now().await;
            let part = MappedMutexGuard::try_map(part, |_| None::<&mut i32>).unwrap_err();
            *MappedMutexGuard::try_map(part, |pair| Some(&mut pair[1])).unwrap() += 1;
        };
        nobody_sees_half(lock, adds, [1, 1]).await;
    });
}

#[test]
fn owned_mutex_guard_try_map_returns_the_original_guard_if_there_is_no_part() {
    check(Loom::Too, async || {
        let lock = Arc::new(Mutex::new(NEW));
        let other = Arc::clone(&lock);
        let adds = async move {
            let whole = OwnedMutexGuard::try_map(other.lock_owned().await, |_| None::<&mut i32>).unwrap_err();
            let mut part = OwnedMutexGuard::try_map(whole, |pair| Some(&mut pair.1)).unwrap();
            part[0] += 1;
            yield_now().await;
            let part = OwnedMappedMutexGuard::try_map(part, |_| None::<&mut i32>).unwrap_err();
            *OwnedMappedMutexGuard::try_map(part, |pair| Some(&mut pair[1])).unwrap() += 1;
        };
        nobody_sees_half(lock, adds, [1, 1]).await;
    });
}

/// A writer that waits, while `reads` holds a part, gets the lock behind it: what was read stays so.
async fn no_writer_comes_between(
    lock: Arc<RwLock<Pair>>,
    reads: impl Future<Output = (i32, i32)> + Send + 'static,
) {
    let reads = tokio::spawn(reads);
    lock.write().await.1 = [1, 1];
    let (before, behind) = reads.await.unwrap();
    assert_eq!(before, behind);
}

#[test]
fn rwlock_read_guard_map_keeps_writers_out_as_long_as_the_part_is_held() {
    check(Loom::Too, async || {
        let lock = Arc::new(RwLock::new(NEW));
        let other = Arc::clone(&lock);
        no_writer_comes_between(lock, async move {
            let pair = RwLockReadGuard::map(other.read().await, |pair| &pair.1);
            let before = pair[0];
            yield_now().await;
            let pair = RwLockReadGuard::try_map(pair, |_| None::<&i32>).unwrap_err();
            (before, *RwLockReadGuard::try_map(pair, |pair| Some(&pair[1])).unwrap())
        })
        .await;
    });
}

#[test]
fn owned_rwlock_read_guard_map_keeps_writers_out_as_long_as_the_part_is_held() {
    check(Loom::Too, async || {
        let lock = Arc::new(RwLock::new(NEW));
        let other = Arc::clone(&lock);
        no_writer_comes_between(lock, async move {
            let pair = OwnedRwLockReadGuard::map(Arc::clone(&other).read_owned().await, |pair| &pair.1);
            assert!(Arc::ptr_eq(OwnedRwLockReadGuard::rwlock(&pair), &other));
            let before = pair[0];
            yield_now().await;
            let pair = OwnedRwLockReadGuard::try_map(pair, |_| None::<&i32>).unwrap_err();
            (before, *OwnedRwLockReadGuard::try_map(pair, |pair| Some(&pair[1])).unwrap())
        })
        .await;
    });
}

/// A reader sees none of what `writes` does, or all.
async fn no_reader_sees_half(lock: Arc<RwLock<Pair>>, writes: impl Future<Output = ()> + Send + 'static) {
    let writes = tokio::spawn(writes);
    let seen = lock.read().await.1;
    assert!(seen == [0, 0] || seen == [1, 1], "{seen:?}");
    writes.await.unwrap();
    assert_eq!(lock.read().await.1, [1, 1]);
}

#[test]
fn rwlock_write_guard_map_keeps_all_out_as_long_as_the_part_is_held() {
    check(Loom::Too, async || {
        let lock = Arc::new(RwLock::new(NEW));
        let other = Arc::clone(&lock);
        no_reader_sees_half(lock, async move {
            let mut whole = RwLockWriteGuard::into_mapped(other.write().await);
            whole.1[0] += 1;
            yield_now().await;
            let part = RwLockMappedWriteGuard::map(whole, |pair| &mut pair.1);
            let part = RwLockMappedWriteGuard::try_map(part, |_| None::<&mut i32>).unwrap_err();
            *RwLockMappedWriteGuard::try_map(part, |pair| Some(&mut pair[1])).unwrap() += 1;
        })
        .await;
        let lock = RwLock::new(NEW);
        let whole = RwLockWriteGuard::try_map(lock.write().await, |_| None::<&mut i32>).unwrap_err();
        *RwLockWriteGuard::try_map(whole, |pair| Some(&mut pair.0)).unwrap() += 1;
        *RwLockWriteGuard::map(lock.write().await, |pair| &mut pair.0) += 1;
        assert_eq!(lock.into_inner(), (2, [0, 0]));
    });
}

#[test]
fn owned_rwlock_write_guard_map_keeps_all_out_as_long_as_the_part_is_held() {
    check(Loom::Too, async || {
        let lock = Arc::new(RwLock::new(NEW));
        let other = Arc::clone(&lock);
        no_reader_sees_half(lock, async move {
            let mut whole = OwnedRwLockWriteGuard::into_mapped(Arc::clone(&other).write_owned().await);
            assert!(Arc::ptr_eq(OwnedRwLockMappedWriteGuard::rwlock(&whole), &other));
            whole.1[0] += 1;
            yield_now().await;
            let part = OwnedRwLockMappedWriteGuard::map(whole, |pair| &mut pair.1);
            let part = OwnedRwLockMappedWriteGuard::try_map(part, |_| None::<&mut i32>).unwrap_err();
            *OwnedRwLockMappedWriteGuard::try_map(part, |pair| Some(&mut pair[1])).unwrap() += 1;
        })
        .await;
        let lock = Arc::new(RwLock::new(NEW));
        let write = async || Arc::clone(&lock).write_owned().await;
        let whole = OwnedRwLockWriteGuard::try_map(write().await, |_| None::<&mut i32>).unwrap_err();
        assert!(Arc::ptr_eq(OwnedRwLockWriteGuard::rwlock(&whole), &lock));
        *OwnedRwLockWriteGuard::try_map(whole, |pair| Some(&mut pair.0)).unwrap() += 1;
        *OwnedRwLockWriteGuard::map(write().await, |pair| &mut pair.0) += 1;
        assert_eq!(lock.read().await.0, 2);
    });
}

#[test]
fn rwlock_write_guard_downgrade_map_lets_no_writer_in_between() {
    check(Loom::Too, async || {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let adds = tokio::spawn(async move { *other.write().await += 1 });
        let mut whole = lock.write().await;
        *whole += 10;
        let written = *whole;
        let whole = RwLockWriteGuard::try_downgrade_map(whole, |_| None::<&i32>).unwrap_err();
        let reads = RwLockWriteGuard::downgrade_map(whole, |value| value);
        assert_eq!(written, *reads);
        drop(reads);
        let whole = lock.write().await;
        drop(RwLockWriteGuard::try_downgrade_map(whole, |value| Some(value)).unwrap());
        adds.await.unwrap();
        assert_eq!(*lock.read().await, 11);
    });
}

#[test]
fn owned_rwlock_write_guard_downgrade_map_lets_no_writer_in_between() {
    check(Loom::Too, async || {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let adds = tokio::spawn(async move { *other.write().await += 1 });
        let mut whole = Arc::clone(&lock).write_owned().await;
        *whole += 10;
        let written = *whole;
        let whole = OwnedRwLockWriteGuard::try_downgrade_map(whole, |_| None::<&i32>).unwrap_err();
        let reads = OwnedRwLockWriteGuard::downgrade_map(whole, |value| value);
        assert_eq!(written, *reads);
        drop(reads);
        let whole = Arc::clone(&lock).write_owned().await;
        drop(OwnedRwLockWriteGuard::try_downgrade_map(whole, |value| Some(value)).unwrap());
        adds.await.unwrap();
        assert_eq!(*lock.read().await, 11);
    });
}
