"""Runs a command that ends when its parent does: `leash.py PARENT SIGNAL IDENTITY COMMAND…`.

A script of its own, without imports from the project: it becomes the command (same pid), so that
the parent waits for it and signals it as if it had started the command itself.
"""

import ctypes
import os
import pwd
import signal
import struct
import sys
import threading
import time

SAME, NAMESPACE, NOBODY = "same", "namespace", "nobody"

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CLONE_NEWUSER = 0x10000000
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def main(parent: int, death_signal: int, identity: str, command: list[str]) -> None:
    """Take the identity, ask to be signalled when the parent dies, and become the command."""
    if identity == NAMESPACE:
        enter_namespace()
    elif identity == NOBODY:
        become_nobody()
    if not sys.platform.startswith("linux"):
        stay_and_watch(parent, death_signal, command)
    end_with(parent, death_signal)
    os.execvp(command[0], command)


def end_with(parent: int, death_signal: int = signal.SIGKILL) -> None:
    """From now on this process is signalled when its parent dies. Where there is no such signal, a thread looks."""
    if not sys.platform.startswith("linux"):
        threading.Thread(target=watch, args=(parent, death_signal), daemon=True).start()
        return
    linux("prctl", PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above could be told
        sys.exit(1)


def watch(parent: int, death_signal: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os.kill(os.getpid(), death_signal)


def enter_namespace() -> None:
    """Look like an ordinary user to the command, while the kernel still sees the present one.

    PostgreSQL refuses to run as root. In a user namespace of its own no new system user is needed,
    and no file changes hands.
    """
    uid, gid = os.geteuid(), os.getegid()
    someone = next(entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0)
    linux("unshare", CLONE_NEWUSER)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{someone} {uid} 1")
    write("/proc/self/gid_map", f"{someone} {gid} 1")


def become_nobody() -> None:
    """Where namespaces are forbidden: the user `nobody`, who may still reach the folders of root."""
    nobody = pwd.getpwnam("nobody")
    linux("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    bit = 1 << CAP_DAC_OVERRIDE
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    linux("capset", header, struct.pack("6I", bit, bit, bit, 0, 0, 0))
    linux("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def stay_and_watch(parent: int, death_signal: int, command: list[str]) -> None:
    """Without a parent-death signal (macOS): stay beside the command and look whether the parent is there."""
    child = os.spawnvp(os.P_NOWAIT, command[0], command)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, lambda received, _: os.kill(child, received))
    told = False
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
        if not told and os.getppid() != parent:
            os.kill(child, death_signal)
            told = True
        time.sleep(0.2)


def linux(function: str, *arguments: int | bytes) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), function)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
