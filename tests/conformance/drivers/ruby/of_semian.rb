# frozen_string_literal: true

require "forwardable"

# What the breaker's own files take from the rest of Semian, which needs System V semaphores.
module Semian
  OpenCircuitError = Class.new(StandardError)

  class << self
    def notify(...) = nil

    def logger = self

    def info(_text) = nil
  end
end

require "semian/version"
require "semian/simple_sliding_window"
require "semian/simple_integer"
require "semian/simple_state"
require "semian/circuit_breaker"

# Semian's classic breaker, one process's, by `acquire`. Lengths are in seconds, as its users write them.
class OfSemian
  VERSION = Semian::VERSION
  LICENCE = "MIT"
  REFUSAL = Semian::OpenCircuitError
  LETTERS = { closed: "c", open: "o", half_open: "h" }.freeze

  def initialize(options)
    @breaker = Semian::CircuitBreaker.new(
      :conformance, exceptions: [FailureError], implementation: Semian::Simple, **options
    )
  end

  def run(&body) = @breaker.acquire(&body)

  def state = LETTERS.fetch(@breaker.state.value)
end
