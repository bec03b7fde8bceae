package inspector

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// interruptible reads what may never come, like the standard input, and gives up
// when the context ends. The Read that was under way is then left behind: there
// is no way to end it but the end of the process.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

// Read returns the error of the context if that ends first.
func (i interruptible) Read(p []byte) (int, error) {
	type result struct {
		read []byte
		err  error
	}
	done := make(chan result, 1)
	size := len(p)
	go func() { // with memory of its own, as it can outlive the call
		buf := make([]byte, size)
		n, err := i.r.Read(buf)
		done <- result{buf[:n], err}
	}()
	select {
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	case got := <-done:
		return copy(p, got.read), got.err
	}
}

// ask asks a question and tells whether the answer is yes.
func (in *inspector) ask(ctx context.Context, question string) (bool, error) {
	if in.yes {
		return true, nil
	}
	fmt.Fprintf(in.stderr, "%s [yes/no] ", question)
	line, err := bufio.NewReader(interruptible{ctx, in.stdin}).ReadString('\n')
	if err != nil {
		fmt.Fprintln(in.stderr)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("no answer; nothing was changed: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "yes", "y":
		return true, nil
	}
	fmt.Fprintln(in.stderr, "nothing was changed")
	return false, nil
}
