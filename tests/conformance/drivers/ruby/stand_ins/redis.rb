# frozen_string_literal: true

require "securerandom" # as the real client does

# Stands in for Redis, its client and its server: the commands that CB2 sends, in memory.
class Redis
  BaseError = Class.new(StandardError)

  def initialize
    @values = {}
    @sets = Hash.new { |sets, key| sets[key] = {} }
  end

  def get(key) = @values[key]

  def set(key, value)
    @values[key] = value.to_s
    answered("OK")
  end

  def del(key) = answered(@values.delete(key) ? 1 : 0)

  def zadd(key, score, member)
    @sets[key][member] = score
    answered(true)
  end

  def zremrangebyscore(key, low, high)
    raise ArgumentError, "only -inf is known" unless low == "-inf"

    before = @sets[key].size
    @sets[key].delete_if { |_member, score| score <= high }
    answered(before - @sets[key].size)
  end

  def zcard(key) = answered(@sets[key].size)

  def pipelined
    @answers = []
    yield
    @answers
  ensure
    @answers = nil
  end

  private

  def answered(value)
    @answers&.push(value)
    value
  end
end
