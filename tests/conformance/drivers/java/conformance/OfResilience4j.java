package conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.common.CompositeCustomizer;
import io.github.resilience4j.common.circuitbreaker.configuration.CircuitBreakerConfigCustomizer;
import io.github.resilience4j.common.circuitbreaker.configuration.CommonCircuitBreakerConfigurationProperties;
import io.github.resilience4j.common.circuitbreaker.configuration.CommonCircuitBreakerConfigurationProperties.InstanceProperties;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** resilience4j: Spring's properties, and the synchronization strategy that only its builder has. */
public final class OfResilience4j implements Breaker.Library {
    private static final String STRATEGY = "slidingWindowSynchronizationStrategy";

    @Override
    public String licence() {
        return "Apache-2.0";
    }

    @Override
    @SuppressWarnings("unchecked")
    public Breaker build(String id, JsonObject options) {
        InstanceProperties properties = new InstanceProperties();
        properties.setIgnoreExceptions(new Class[] {Result.Ignored.class});
        for (Map.Entry<String, JsonElement> option : options.entrySet()) {
            if (!option.getKey().equals(STRATEGY)) {
                set(properties, option.getKey(), option.getValue().getAsString());
            }
        }
        CircuitBreakerConfigCustomizer customizer = CircuitBreakerConfigCustomizer.of(id, builder -> {
            if (options.has(STRATEGY)) {
                builder.slidingWindowSynchronizationStrategy(
                        SlidingWindowSynchronizationStrategy.valueOf(options.get(STRATEGY).getAsString()));
            }
        });
        CircuitBreakerConfig config = new CommonCircuitBreakerConfigurationProperties()
                .createCircuitBreakerConfig(id, properties, new CompositeCustomizer<>(List.of(customizer)));
        return new Adapted(CircuitBreaker.of(id, config));
    }

    private static void set(InstanceProperties properties, String name, String value) {
        String setter = "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
        Method method = Arrays.stream(InstanceProperties.class.getMethods())
                .filter(each -> each.getName().equals(setter))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no property " + name));
        try {
            method.invoke(properties, convert(value, method.getParameterTypes()[0]));
        } catch (InvocationTargetException refused) {
            throw (RuntimeException) refused.getCause();
        } catch (IllegalAccessException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Object convert(String value, Class<?> type) {
        if (type == Duration.class) {
            return Lengths.parse(value);
        }
        if (type == Float.class) {
            return Float.valueOf(value);
        }
        if (type == Double.class) {
            return Double.valueOf(value);
        }
        if (type == Integer.class) {
            return Integer.valueOf(value);
        }
        return type == Boolean.class ? Boolean.valueOf(value) : Enum.valueOf((Class) type, value);
    }

    private record Adapted(CircuitBreaker breaker) implements Breaker {
        @Override
        public Call start() {
            if (!breaker.tryAcquirePermission()) {
                return null;
            }
            long start = breaker.getCurrentTimestamp();
            return result -> {
                long duration = breaker.getCurrentTimestamp() - start;
                switch (result) {
                    case SUCCESS -> breaker.onResult(duration, breaker.getTimestampUnit(), "done");
                    case FAILURE -> breaker.onError(duration, breaker.getTimestampUnit(), new Result.Failure());
                    case IGNORED -> breaker.onError(duration, breaker.getTimestampUnit(), new Result.Ignored());
                }
            };
        }

        @Override
        public char state() {
            return switch (breaker.getState()) {
                case OPEN, FORCED_OPEN -> 'o';
                case HALF_OPEN -> 'h';
                case CLOSED, DISABLED, METRICS_ONLY -> 'c';
            };
        }
    }
}
