# frozen_string_literal: true

# The fake clock that every library reads, in whole milliseconds. It stands still until the driver moves it.
module Clock
  class << self
    attr_accessor :milliseconds
  end

  # What the libraries ask their times of.
  module OfProcess
    def clock_gettime(clock, unit = :float_second)
      raise ArgumentError, "unexpected unit #{unit}" unless unit == :float_second

      Clock.milliseconds / 1000.0
    end
  end

  module OfTime
    def now(**) = at(Clock.milliseconds / 1000, Clock.milliseconds % 1000, :millisecond)
  end
end

Process.singleton_class.prepend(Clock::OfProcess)
Time.singleton_class.prepend(Clock::OfTime)
