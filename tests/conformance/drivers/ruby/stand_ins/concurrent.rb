# frozen_string_literal: true

# Stands in for concurrent-ruby, which Semian requires but needs only where threads share a breaker.
module Concurrent; end
