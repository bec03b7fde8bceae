package merkle

import (
	"errors"
	"fmt"
	"strings"
)

// maxName is the maximum length of a name, in bytes. In the tree a name follows
// "c/" or "x/", and at most 44 bytes follow any byte of the result. The smallest
// byte that a name may contain is '-', which is 45. So no byte of a name can be
// read as the length of the bytes after it.
const maxName = 43

// CheckName returns an error unless name is a valid name of a committable: 1 to
// 43 bytes of [-./0-9A-Za-z_].
func CheckName(name string) error {
	if name == "" {
		return errors.New("merkle: the name of a committable is empty; use 1 to 43 of the characters [-./0-9A-Za-z_]")
	}
	if len(name) > maxName {
		return fmt.Errorf("merkle: the name %q has %d bytes; shorten it to %d", name, len(name), maxName)
	}
	for i := range len(name) {
		if !validInName(name[i]) {
			return fmt.Errorf("merkle: the name %q contains %q at byte %d; use only [-./0-9A-Za-z_]", name, name[i], i)
		}
	}
	return nil
}

func validInName(c byte) bool {
	switch {
	case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		return true
	}
	return strings.IndexByte("-./_", c) >= 0
}
