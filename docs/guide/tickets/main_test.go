package main

import (
	"context"
	"os"
	"path/filepath"
)

// The program runs twice over one file. The second run answers orders 1 and 3
// from their records.
func Example() {
	directory, err := os.MkdirTemp("", "tickets")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(directory)
	for range 2 {
		if err := run(context.Background(), os.Stdout, filepath.Join(directory, "hall.db")); err != nil {
			panic(err)
		}
	}
	// Output:
	// order 1 is session 1 with commit ID 0be0f99aa90761e0ce2401a95a1759360012c8d8e03b4227bf19683809001f24
	// order 2 refused: seat A-02 is taken
	// order 3 is session 2 with commit ID 711d03875c5ef10a3a1aafe84150e46d7193ab711eaa7ca7f7acd8e43dcf99ad
	// alice has A-01
	// alice has A-02
	// order 1 is session 1 with commit ID 0be0f99aa90761e0ce2401a95a1759360012c8d8e03b4227bf19683809001f24
	// order 2 refused: seat B-01 is taken
	// order 3 is session 2 with commit ID 711d03875c5ef10a3a1aafe84150e46d7193ab711eaa7ca7f7acd8e43dcf99ad
	// alice has A-01
	// alice has A-02
}
