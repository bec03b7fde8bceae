package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
)

func Example() {
	folder, err := os.MkdirTemp("", "tickets")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "hall.db")
	if err := run(context.Background(), io.Discard, file); err != nil {
		panic(err)
	}
	if err := run(context.Background(), os.Stdout, file); err != nil { // once more, from the file
		panic(err)
	}
	// Output:
	// order 1 is session 1 with commit ID 0be0f99aa90761e0ce2401a95a1759360012c8d8e03b4227bf19683809001f24
	// order 2 refused: seat B-01 is taken
	// order 3 is session 2 with commit ID 711d03875c5ef10a3a1aafe84150e46d7193ab711eaa7ca7f7acd8e43dcf99ad
	// alice has A-01
	// alice has A-02
}
