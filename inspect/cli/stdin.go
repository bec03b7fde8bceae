package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// interruptible is a reader that stops when the context ends, even if a Read of
// r never returns, as one of the standard input may. That Read goes on in its
// goroutine until the process ends.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

// Read returns the error of the context if the context ends first.
func (i interruptible) Read(p []byte) (int, error) {
	type result struct {
		read []byte
		err  error
	}
	done := make(chan result, 1)
	size := len(p)
	go func() { // with its own buffer, because it can outlive the call
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

// ask asks a question and reports whether the answer is yes.
func (p *program) ask(ctx context.Context, question string) (bool, error) {
	if p.yes {
		return true, nil
	}
	fmt.Fprintf(p.stderr, "%s [yes/no] ", question)
	line, err := bufio.NewReader(interruptible{ctx, p.stdin}).ReadString('\n')
	if err != nil {
		fmt.Fprintln(p.stderr)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("no answer; nothing was changed: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "yes", "y":
		return true, nil
	}
	fmt.Fprintln(p.stderr, "nothing was changed")
	return false, nil
}
