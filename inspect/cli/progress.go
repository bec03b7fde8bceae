package cli

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a log handler that draws the progress of a MultiCommitter's long
// work as a bar.
type progress struct {
	bar *progressbar.ProgressBar
}

// newProgress returns a logger that draws a bar on a terminal and nothing
// elsewhere, and a function that clears the bar.
func newProgress(stderr io.Writer) (logger *slog.Logger, done func()) {
	file, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return slog.New(slog.DiscardHandler), func() {}
	}
	p := &progress{progressbar.NewOptions64(-1, progressbar.OptionSetWriter(file), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))}
	// A bar that cannot be drawn is not an error.
	return slog.New(p), func() { _ = p.bar.Clear() }
}

// Enabled reports whether the level is above debugging.
func (p *progress) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle moves the bar to the number in the message, of the total in its
// attribute "of".
func (p *progress) Handle(_ context.Context, r slog.Record) error {
	var at, of int64 = -1, -1
	r.Attrs(func(a slog.Attr) bool {
		n, counts := number(a.Value)
		switch {
		case a.Key == "of":
			of = n
		case counts:
			at = n
		}
		return true
	})
	p.bar.Describe(r.Message)
	if of > 0 && at >= 0 {
		p.bar.ChangeMax64(of)
		return p.bar.Set64(min(at, of-1)) // at the end the bar would not show again
	}
	return nil
}

func number(v slog.Value) (n int64, ok bool) {
	switch v.Kind() {
	case slog.KindInt64:
		return v.Int64(), true
	case slog.KindUint64:
		return int64(v.Uint64()), true
	default:
		return -1, false
	}
}

// WithAttrs returns p: only attributes of the message count.
func (p *progress) WithAttrs([]slog.Attr) slog.Handler { return p }

// WithGroup returns p.
func (p *progress) WithGroup(string) slog.Handler { return p }
