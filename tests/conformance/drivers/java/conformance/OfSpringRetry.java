package conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;
import org.springframework.retry.RetryContext;
import org.springframework.retry.policy.CircuitBreakerRetryPolicy;
import org.springframework.retry.policy.MapRetryContextCache;
import org.springframework.retry.policy.SimpleRetryPolicy;
import org.springframework.retry.support.DefaultRetryState;
import org.springframework.retry.support.RetryTemplate;

/** Spring Retry: the attributes of its `@CircuitBreaker`, whose `noRetryFor` names the ignored error. */
public final class OfSpringRetry implements Breaker.Library {
    private static final String KEY = "circuit";

    @Override
    public String licence() {
        return "Apache-2.0";
    }

    @Override
    public Breaker build(String id, JsonObject options) {
        JsonElement attempts = options.get("maxAttempts");
        CircuitBreakerRetryPolicy policy = new CircuitBreakerRetryPolicy(new SimpleRetryPolicy(
                attempts == null ? SimpleRetryPolicy.DEFAULT_MAX_ATTEMPTS : attempts.getAsInt(),
                Map.of(Result.Ignored.class, false),
                true,
                true));
        for (Map.Entry<String, JsonElement> option : options.entrySet()) {
            switch (option.getKey()) {
                case "maxAttempts" -> {}
                case "openTimeout" -> policy.setOpenTimeout(option.getValue().getAsLong());
                case "resetTimeout" -> policy.setResetTimeout(option.getValue().getAsLong());
                default -> throw new AssertionError("no attribute " + option.getKey());
            }
        }
        MapRetryContextCache contexts = new MapRetryContextCache();
        RetryTemplate template = new RetryTemplate();
        template.setRetryPolicy(policy);
        template.setCircuitBreakerRetryContextCache(contexts);
        return new Adapted(template, contexts);
    }

    private record Adapted(RetryTemplate template, MapRetryContextCache contexts) implements Breaker {
        @Override
        public Call start() {
            return Parked.start(call -> template.execute(unused -> call.call(), new DefaultRetryState(KEY)));
        }

        @Override
        public char state() {
            RetryContext context = contexts.containsKey(KEY) ? contexts.get(KEY) : null;
            Object open = context == null ? null : context.getAttribute(CircuitBreakerRetryPolicy.CIRCUIT_OPEN);
            return Boolean.TRUE.equals(open) ? 'o' : 'c';
        }
    }
}
