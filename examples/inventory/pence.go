package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Pence is an amount of money. Amounts are exact: this program uses no floats, and
// an amount that cannot be represented is an error.
type Pence int64

var poundsPattern = regexp.MustCompile(`^(-?[0-9]+)(?:\.([0-9]{1,2}))?$`)

// ParsePence reads pounds with at most two decimal places: 2.55, 2.5, 2 or -2.55.
func ParsePence(pounds string) (Pence, error) {
	parts := poundsPattern.FindStringSubmatch(pounds)
	if parts == nil {
		return 0, errors.New("not pounds with at most two decimal places, such as 2.55")
	}
	whole, fraction := parts[1], parts[2]
	pence, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 2-len(fraction)), 10, 64)
	if err != nil {
		return 0, errors.New("too large")
	}
	return Pence(pence), nil
}

// String writes pounds with two decimal places, such as £2.55 or -£2.55.
func (p Pence) String() string {
	sign, pence := "", uint64(p)
	if p < 0 {
		sign, pence = "-", -pence
	}
	return fmt.Sprintf("%s£%d.%02d", sign, pence/100, pence%100)
}
