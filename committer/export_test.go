package committer

// WithInlineCheckpoints makes Commit write a checkpoint that is due before it
// returns, so that a test knows which calls of the KV belong to it.
func WithInlineCheckpoints() CommitterOpt {
	return func(m *MultiCommitter) { m.opts.inline = true }
}

// WaitForCheckpoint returns when no checkpoint is being written.
func (m *MultiCommitter) WaitForCheckpoint() {
	m.op.Lock()
	run := m.checkpoints.running
	m.op.Unlock()
	if run != nil {
		<-run.done
	}
}
