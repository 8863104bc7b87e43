# frozen_string_literal: true

require "cb2"

# CB2, by `run`, with a Redis of its own. What it stores is when it last opened.
class OfCb2
  GEMSPEC = File.expand_path("../../cb2.gemspec", CB2::Breaker.instance_method(:run).source_location.first + "/..")
  VERSION = Gem::Specification.load(GEMSPEC).version.to_s
  LICENCE = "MIT"
  REFUSAL = CB2::BreakerOpen

  def initialize(options)
    @breaker = CB2::Breaker.new({ service: "conformance", redis: Redis.new }.merge(options))
  end

  def run(&body) = @breaker.run(&body)

  # Computed as it is asked, and in the second in which the wait ends neither open nor half-open.
  def state = nil
end
