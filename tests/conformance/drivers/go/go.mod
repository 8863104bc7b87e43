module conformance

go 1.25

require github.com/sony/gobreaker/v2 v2.4.0

require github.com/stretchr/testify v1.11.1 // indirect
