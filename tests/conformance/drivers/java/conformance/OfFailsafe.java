package conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerBuilder;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Map;

/** Failsafe: each option is a method of its builder, and its value that method's argument or list of arguments. */
public final class OfFailsafe implements Breaker.Library {
    @Override
    public String licence() {
        return "Apache-2.0";
    }

    @Override
    public Breaker build(String id, JsonObject options) {
        CircuitBreakerBuilder<Object> builder = CircuitBreaker.builder().handle(Result.Failure.class);
        for (Map.Entry<String, JsonElement> option : options.entrySet()) {
            set(builder, option.getKey(), arguments(option.getValue()));
        }
        return new Adapted(builder.build());
    }

    private static Object[] arguments(JsonElement value) {
        JsonArray list = new JsonArray();
        if (value.isJsonArray()) {
            list = value.getAsJsonArray();
        } else {
            list.add(value);
        }
        return list.asList().stream().map(OfFailsafe::argument).toArray();
    }

    private static Object argument(JsonElement value) {
        return value.getAsJsonPrimitive().isString() ? Lengths.parse(value.getAsString()) : (Object) value.getAsInt();
    }

    private static void set(CircuitBreakerBuilder<Object> builder, String name, Object[] arguments) {
        Class<?>[] types = new Class<?>[arguments.length];
        for (int each = 0; each < types.length; each++) {
            types[each] = arguments[each] instanceof Duration ? Duration.class : int.class;
        }
        try {
            Method method = CircuitBreakerBuilder.class.getMethod(name, types);
            method.invoke(builder, arguments);
        } catch (InvocationTargetException refused) {
            throw (RuntimeException) refused.getCause();
        } catch (ReflectiveOperationException unknown) {
            throw new AssertionError("no option " + name, unknown);
        }
    }

    private record Adapted(CircuitBreaker<Object> breaker) implements Breaker {
        @Override
        public Call start() {
            if (!breaker.tryAcquirePermit()) {
                return null;
            }
            return result -> {
                switch (result) {
                    case SUCCESS -> breaker.recordSuccess();
                    case FAILURE -> breaker.recordException(new Result.Failure());
                    case IGNORED -> breaker.recordException(new Result.Ignored());
                }
            };
        }

        @Override
        public char state() {
            return switch (breaker.getState()) {
                case CLOSED -> 'c';
                case OPEN -> 'o';
                case HALF_OPEN -> 'h';
            };
        }
    }
}
