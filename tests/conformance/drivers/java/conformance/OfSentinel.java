package conformance;

import com.alibaba.csp.sentinel.Entry;
import com.alibaba.csp.sentinel.SphU;
import com.alibaba.csp.sentinel.Tracer;
import com.alibaba.csp.sentinel.slots.block.BlockException;
import com.alibaba.csp.sentinel.slots.block.degrade.DegradeRule;
import com.alibaba.csp.sentinel.slots.block.degrade.DegradeRuleManager;
import com.alibaba.csp.sentinel.slots.block.degrade.circuitbreaker.CircuitBreaker;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Sentinel: the fields of one degrade rule. Calls are asynchronous entries of a resource that no other rule guards. */
public final class OfSentinel implements Breaker.Library {
    private int resources;

    public OfSentinel() {
        String logs = Path.of(System.getProperty("java.io.tmpdir"), "sentinel").toString();
        System.setProperty("csp.sentinel.log.dir", logs);
        System.setProperty("JM.LOG.PATH", logs);
        System.setProperty("csp.sentinel.metric.flush.interval", "0");
    }

    @Override
    public String licence() {
        return "Apache-2.0";
    }

    @Override
    public Breaker build(String id, JsonObject options) {
        // Sentinel keeps a resource's breaker while its rule stays the same, and guards no more than 6,000 resources.
        String resource = id + "/" + resources++;
        if (resources > 5000) {
            throw new AssertionError("too many requests for one run");
        }
        for (String name : options.keySet()) {
            if (Arrays.stream(DegradeRule.class.getDeclaredFields()).noneMatch(field -> field.getName().equals(name))) {
                throw new AssertionError("no field " + name);
            }
        }
        DegradeRule rule = new Gson().fromJson(options, DegradeRule.class);
        rule.setResource(resource);
        if (!DegradeRuleManager.isValidRule(rule)) {
            throw new IllegalArgumentException("skipped as invalid: " + rule);
        }
        Tracer.setExceptionsToIgnore(Result.Ignored.class);
        DegradeRuleManager.loadRules(List.of(rule));
        return new Adapted(resource, breakerOf(resource));
    }

    private static CircuitBreaker breakerOf(String resource) {
        try {
            Method method = DegradeRuleManager.class.getDeclaredMethod("getCircuitBreakers", String.class);
            method.setAccessible(true);
            return (CircuitBreaker) ((List<?>) method.invoke(null, resource)).get(0);
        } catch (ReflectiveOperationException changed) {
            throw new AssertionError(changed);
        }
    }

    private record Adapted(String resource, CircuitBreaker breaker) implements Breaker {
        @Override
        public Call start() {
            Entry entry;
            try {
                entry = SphU.asyncEntry(resource);
            } catch (BlockException refused) {
                return null;
            }
            return result -> {
                switch (result) {
                    case SUCCESS -> {}
                    case FAILURE -> Tracer.traceEntry(new Result.Failure(), entry);
                    case IGNORED -> Tracer.traceEntry(new Result.Ignored(), entry);
                }
                entry.exit();
            };
        }

        @Override
        public char state() {
            return switch (breaker.currentState()) {
                case CLOSED -> 'c';
                case OPEN -> 'o';
                case HALF_OPEN -> 'h';
            };
        }
    }
}
