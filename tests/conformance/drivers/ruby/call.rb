# frozen_string_literal: true

# What the protected function raises when it fails.
FailureError = Class.new(StandardError)

# What it raises when the library is told not to mind.
IgnoredError = Class.new(StandardError)

# One call. Its body notes that the library let it in, waits to be resumed, and ends with its result.
class Call
  attr_reader :duration

  def initialize(result, duration)
    @result = result
    @duration = duration
    @permitted = false
  end

  def permitted? = @permitted

  def body
    @permitted = true
    Fiber.yield
    raise FailureError if @result == "f"
    raise IgnoredError if @result == "i"
  end
end
