package sqlcommittable_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committable/sqlcommittable"
)

// loss says what happens to the next COMMIT on a line.
type loss int

const (
	none     loss = iota
	onTheWay      // the server never gets it, and notices that the client is gone
	answer        // the server has committed, and the client does not hear of it
	underWay      // the client is gone, and the server gets it later
	isolated      // neither: the client is gone, and the server does not notice yet
	silence       // the server never gets it, and the client waits for the answer
)

// line is the network to a server, which loses one COMMIT.
type line struct {
	mu   sync.Mutex
	next loss
	held []byte        // what the server gets later
	to   net.Conn      // and where
	quit chan struct{} // closed in silence, if not nil
}

func (l *line) lose(next loss) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = next
}

// deliver delivers the delayed bytes to the server, which then notices that the client
// is gone.
func (l *line) deliver(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.to.Write(l.held)
	must(t, err)
	if len(l.held) > 0 { // its answer says that it is done with it
		_, err = l.to.Read(make([]byte, 1024))
		must(t, err)
	}
	must(t, l.to.Close())
}

func (l *line) configure(c *pgx.ConnConfig) {
	c.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &lossyConn{Conn: conn, line: l}, nil
	}
}

// lossyConn is one connection of a line.
type lossyConn struct {
	net.Conn
	line *line

	mu   sync.Mutex
	lost loss // none until a COMMIT was
}

var errLost = errors.New("the connection is lost")

func (c *lossyConn) is() loss {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

func (c *lossyConn) Write(b []byte) (int, error) {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	if c.is() != none {
		return 0, errLost
	}
	if c.line.next == none || !bytes.Contains(bytes.ToLower(b), []byte("commit\x00")) {
		return c.Conn.Write(b)
	}
	c.mu.Lock()
	c.lost, c.line.next = c.line.next, none
	c.mu.Unlock()
	switch c.lost {
	case answer:
		return c.Conn.Write(b)
	case underWay:
		c.line.held, c.line.to = bytes.Clone(b), c.Conn
	case isolated:
		c.line.held, c.line.to = nil, c.Conn
	case silence:
		c.line.to = c.Conn
		close(c.line.quit)
		return len(b), nil
	}
	return 0, errLost
}

func (c *lossyConn) Read(b []byte) (int, error) {
	switch c.is() {
	case none:
		n, err := c.Conn.Read(b)
		if lost := c.is(); lost == none || lost == silence {
			return n, err
		}
	case silence:
		return c.Conn.Read(b)
	case answer:
		_, _ = c.Conn.Read(b) // the server has done it by now
	}
	return 0, errLost
}

func (c *lossyConn) Close() error {
	if lost := c.is(); lost == underWay || lost == isolated {
		return nil // the server does not notice
	}
	return c.Conn.Close()
}

// If the answer to a COMMIT is lost, the server may have committed, may not have, or may
// still do so. BeginRecovery finds out, and waits if necessary.
func TestConnectionLostInCommit(t *testing.T) {
	for lost := none + 1; lost < silence; lost++ {
		name := [...]string{onTheWay: "on the way", answer: "answer", underWay: "under way", isolated: "isolated"}[lost]
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, sqlcommittable.PostgreSQL)
			l := new(line)
			lossy, err := p.connect(l.configure)
			must(t, err)
			defer lossy.Close()
			plain := newBank(t, p)
			b := openBank(t, p, lossy, "bank")
			wantID := plain.run("before", 1, 10)

			b.begin("lost")
			must(t, b.pay(2, 20))
			l.lose(lost)
			if _, err := b.Commit(t.Context(), []byte("lost")); err == nil {
				t.Fatal("Commit succeeds without an answer")
			}
			wantIs(t, "Begin of another key", b.Begin(t.Context(), []byte("other")), committable.ErrUnknownOutcome)

			began := make(chan error)
			go func() { began <- b.BeginRecovery(t.Context(), []byte("lost")) }()
			if lost == underWay || lost == isolated {
				waitForLock(t, plain.db, began)
				l.deliver(t)
			}
			must(t, <-began)
			if want := lost == answer || lost == underWay; b.Replaying() != want {
				t.Errorf("replaying %v, want %v", b.Replaying(), want)
			}
			must(t, b.pay(2, 20))
			if id := b.commit("lost"); bytes.Equal(id, wantID) || len(id) == 0 {
				t.Errorf("id %x", id)
			}
			plain.want("1:10 2:20")
			b.run("after", 3, 30)
			plain.want("1:10 2:20 3:30")
		})
	}
}

// Commit stops waiting for an answer when its context is done.
func TestContextEndsInCommit(t *testing.T) {
	p := newPlace(t, sqlcommittable.PostgreSQL)
	l := &line{quit: make(chan struct{})}
	lossy, err := p.connect(l.configure)
	must(t, err)
	defer lossy.Close()
	newBank(t, p)
	b := openBank(t, p, lossy, "bank")
	b.begin("a")
	must(t, b.pay(1, 10))
	l.lose(silence)
	ctx, end := context.WithCancel(t.Context())
	go func() {
		<-l.quit
		end()
	}()
	if _, err := b.Commit(ctx, []byte("a")); err == nil {
		t.Fatal("Commit succeeds without an answer")
	}
	l.deliver(t)
	b.recover("a")
	must(t, b.pay(1, 10))
	b.commit("a")
	b.want("1:10")
}

// If the server closes the connection during a session, nothing is committed.
func TestConnectionLostInSession(t *testing.T) {
	b := newBank(t, newPlace(t, sqlcommittable.PostgreSQL))
	b.begin("a")
	must(t, b.pay(1, 10))
	tx, err := b.Tx()
	must(t, err)
	var pid int
	must(t, tx.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&pid))
	_, err = b.db.ExecContext(t.Context(), "SELECT pg_terminate_backend($1)", pid)
	must(t, err)
	if err := b.pay(2, 20); err == nil {
		t.Fatal("a statement without a connection succeeds")
	}
	must(t, b.Cancel(t.Context()))
	b.run("a", 1, 10)
	b.want("1:10")
}
