// Package geo has types that rows of another package are made of.
package geo

// Meters is a length.
type Meters int64

// Point is a place.
type Point struct {
	Lat, Lon int32
	Height   Meters
}

// Route is a path of points.
type Route []Point

// Site is the number of a place.
type Site uint16

// Box is a box with an edge on each side.
type Box[T any] struct {
	Left, Right T
	Inner       *Point
	Note        *T `committable:"-"`
}
