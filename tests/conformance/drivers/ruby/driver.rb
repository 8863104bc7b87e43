# frozen_string_literal: true

# Answers requests from a real library under a fake clock: `ruby driver.rb LIBRARY`.

require "json"
require "clock"
require "call"

# One request's calls, driven through one breaker in the order of their events.
class Run
  def initialize(library, request)
    @library = library
    @epoch = request["epoch"]
    @starts = request["t"]
    @calls = request["r"].chars.zip(request["d"]).map { |result, duration| Call.new(result, duration) }
    @rest = {} # of each call in flight, its fiber
    @before = []
    @after = []
  end

  # Makes every call, waits for the last, and returns what was seen.
  def answers
    @starts.each_with_index do |start, number|
      complete_until(start)
      start(number)
    end
    complete_until(Float::INFINITY)
    { p: @calls.map { |call| call.permitted? ? "1" : "0" }.join, before: states(@before), after: states(@after) }
  end

  private

  # None where the library stores no state.
  def states(letters) = letters.any?(&:nil?) ? nil : letters.join

  def complete_until(moment)
    loop do
      number = @rest.keys.min_by { |each| [ending(each), each] }
      return if number.nil? || ending(number) > moment

      Clock.milliseconds = @epoch + ending(number)
      step(number)
    end
  end

  def ending(number) = @starts[number] + @calls[number].duration

  def start(number)
    Clock.milliseconds = @epoch + @starts[number]
    @before[number] = @library.state
    @rest[number] = Fiber.new { @library.run { @calls[number].body } }
    step(number)
    step(number) if @rest.key?(number) && @calls[number].duration.zero?
  end

  # Lets a call run until it waits, or to its end.
  def step(number)
    begin
      @rest[number].resume
    rescue FailureError, IgnoredError, @library.class::REFUSAL
      nil # a call's own end, or a refusal
    end
    return if @rest[number].alive?

    @rest.delete(number)
    @after[number] = @library.state
  end
end

def answer(library, request)
  Clock.milliseconds = request["epoch"]
  breaker = library.new(request["options"].transform_keys(&:to_sym))
  { id: request["id"], **Run.new(breaker, request).answers }
rescue ArgumentError, KeyError => e
  { id: request["id"], error: e.message }
end

def main(name)
  require "of_#{name}"
  library = Object.const_get("Of#{name.capitalize}")
  header = {
    library: name, version: library::VERSION, licence: library::LICENCE,
    language: "Ruby", runtime: "#{RUBY_ENGINE} #{RUBY_VERSION}"
  }
  $stdout.puts(JSON.generate(header))
  $stdin.each_line { |line| $stdout.puts(JSON.generate(answer(library, JSON.parse(line)))) }
end

main(ARGV.fetch(0))
