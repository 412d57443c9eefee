//go:build unix

package keyring

import (
	"os/exec"
	"syscall"
)

// endWithChildren has what a command started end with it when its time is up: the shell gets a group of its own, and
// the group is killed. The client of a vault that hangs would otherwise stay, one more at each try.
func endWithChildren(run *exec.Cmd) {
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.Cancel = func() error { return syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }
}
