package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOnlineRetail books the first 10,000 lines of a real shop. The figures were
// computed by a separate program without stores.
func TestOnlineRetail(t *testing.T) {
	sales := filepath.Join(os.Getenv("GENCOMMITTABLE_DATA"), "online-retail-10k.csv")
	if _, err := os.Stat(sales); err != nil {
		if os.Getenv("GENCOMMITTABLE_REQUIRE_ALL") == "1" {
			t.Fatalf("GENCOMMITTABLE_REQUIRE_ALL=1: %v", err)
		}
		t.Skipf("GENCOMMITTABLE_DATA names no directory with the data: %v", err)
	}
	for opening, want := range map[string]Report{
		"1000": {
			Accepted: 509, Refused: 3, Lines: 9994, Products: 2014, OnHand: 1943366, Sessions: 509,
			CommitID:   "b61edd13ffa0bf179a88d0be1e78204389e5223763985cf0f8029959f4af686f",
			SecondTime: &SecondTime{Replayed: 509},
		},
		"100": {
			Accepted: 296, Refused: 216, Lines: 3155, Products: 1257, OnHand: 118203, Sessions: 296,
			CommitID:   "0578b45d6e8b37edd07c3f9c66656ecbb92e8408b4c37232b00f8040ec816c2f",
			SecondTime: &SecondTime{Replayed: 296},
		},
	} {
		result := call("-csv", sales, "-opening", opening, "-twice", "-json")
		var got Report
		if err := json.Unmarshal([]byte(result.Stdout), &got); err != nil || result.Status != 0 {
			t.Fatalf("status %d, %v\n%s", result.Status, err, result.Stderr)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("opening %s (-want +got):\n%s", opening, diff)
		}
	}
}
